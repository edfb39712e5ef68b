import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { fieldErrors } from "../../shared/api/problem";
import { sites } from "../operator";
import { FormModal, FormProblem } from "./FormModal";
import { RegionSelect } from "./RegionSelect";

/** A new filling station: who it is and where. What it sells comes afterwards. */
export function OpenSite({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState({
    id: "",
    name: "",
    region: "",
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const open = useMutation({
    mutationFn: () =>
      sites.open(values.id.trim(), {
        name: values.name,
        region: values.region,
        time_zone: values.zone.trim(),
        opening: null,
        owner_id: null,
      }),
    onSuccess: async (site) => {
      queries.setQueryData(["site", site.id], site);
      await queries.invalidateQueries({ queryKey: ["sites"] });
      onClose();
      void navigate(`/sites/${site.id}`);
    },
  });
  const wrong = fieldErrors(open.error);
  const set = (field: keyof typeof values) => ({
    value: values[field],
    onChange: (event: { currentTarget: { value: string } }) =>
      setValues({ ...values, [field]: event.currentTarget.value }),
  });
  const submit = () => {
    open.mutate();
  };
  return (
    <FormModal
      title="Open a site"
      action="Open"
      busy={open.isPending}
      problem={<FormProblem error={open.error} />}
      testId="site-save"
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        label="Short name"
        description="Part of the names of its pumps and never changed, for instance F2."
        error={wrong.id}
        {...set("id")}
        data-autofocus
        data-testid="site-id"
      />
      <TextInput label="Name" error={wrong.name} {...set("name")} data-testid="site-name" />
      <RegionSelect
        value={values.region}
        error={wrong.region}
        onChange={(region) => setValues({ ...values, region })}
      />
      <TextInput label="Time zone" error={wrong.time_zone} {...set("zone")} data-testid="site-zone" />
    </FormModal>
  );
}
