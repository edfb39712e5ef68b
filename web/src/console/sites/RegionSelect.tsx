import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { countriesByName } from "../../shared/countries";
import { api } from "../operator";

interface RegionSelectProps {
  value: string;
  /** That it cannot be used; the list says what can. */
  error: string | undefined;
  disabled?: boolean;
  onChange: (region: string) => void;
}

/** Whose number plates the cameras of a site read. */
export function RegionSelect({ value, error, disabled, onChange }: RegionSelectProps) {
  const regions = useQuery({
    queryKey: ["camera-regions"],
    queryFn: api.cameraRegions,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const codes = regions.data?.items ?? (value ? [value] : []);
  return (
    <NativeSelect
      label="Number plates of"
      description="Its own country reads best; a union is for borders, and asks more often."
      data={[...(value ? [] : [{ value: "", label: "Choose" }]), ...countriesByName(codes)]}
      value={value}
      error={error && "Choose one of them."}
      disabled={disabled ?? false}
      onChange={(event) => onChange(event.currentTarget.value)}
      data-testid="site-region"
    />
  );
}
