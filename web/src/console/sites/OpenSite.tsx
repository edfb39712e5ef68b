import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { fieldErrors } from "../../shared/api/problem";
import { ProblemNote } from "../../shared/ui/notes";
import { sites } from "../operator";

/** A new filling station: who it is and where. What it sells comes afterwards. */
export function OpenSite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
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
        region: values.region.trim().toLowerCase(),
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={700}>Open a site</Text>}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label="Short name"
            description="Part of the names of its pumps and never changed, for instance F2."
            error={wrong.id}
            {...set("id")}
            data-autofocus
            data-testid="site-id"
          />
          <TextInput label="Name" error={wrong.name} {...set("name")} data-testid="site-name" />
          <TextInput
            label="Number plates of"
            description="Country code, or eu for several of them."
            error={wrong.region}
            {...set("region")}
            data-testid="site-region"
          />
          <TextInput label="Time zone" error={wrong.time_zone} {...set("zone")} />
          {Object.keys(wrong).length === 0 && <ProblemNote error={open.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={open.isPending} data-testid="site-save">
              Open
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
