import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../../shared/api/problem";
import type { Site } from "../../shared/fuel/types";

/**
 * A change of a site's set-up: its answer is the site, which takes the place of the one that is shown. When somebody
 * was quicker the page shows what they did, and the form keeps what was typed.
 */
export function useSiteChange<V>(change: (values: V) => Promise<Site>, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (site) => {
      queries.setQueryData(["site", site.id], site);
      void queries.invalidateQueries({ queryKey: ["sites"] });
      onDone();
    },
    onError: (error) => {
      if (error instanceof ApiProblem && error.code === "site_changed")
        void queries.invalidateQueries({ queryKey: ["site"] });
    },
  });
}
