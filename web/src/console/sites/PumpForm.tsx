import { ActionIcon, Button, Group, Select, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import type { Nozzle, Pump, Site } from "../../shared/fuel/types";
import { Icon } from "../../shared/ui/Icon";
import { sites } from "../operator";
import { FormModal, FormProblem } from "./FormModal";
import { useSiteChange } from "./useSiteChange";

/** The nozzles of a pump: what each gives and from which tank. */
export function PumpForm({ site, pump, onClose }: { site: Site; pump: Pump | null; onClose: () => void }) {
  const [number, setNumber] = useState(`${pump?.number ?? Math.max(0, ...site.pumps.map((one) => one.number)) + 1}`);
  const [nozzles, setNozzles] = useState<Nozzle[]>(pump?.nozzles ?? []);
  const save = useSiteChange((wish: { number: number; nozzles: Nozzle[] }) => {
    return sites.setNozzles(site, wish.number, wish.nozzles);
  }, onClose);
  const wrong = fieldErrors(save.error);
  const tanksOf = (grade: string) => site.tanks.filter((tank) => tank.grade_id === grade);
  const withGrade = (nozzle: Nozzle, grade: string): Nozzle => ({
    ...nozzle,
    grade_id: grade,
    tank_id: tanksOf(grade)[0]?.id ?? null,
  });
  const set = (changed: Nozzle) =>
    setNozzles(nozzles.map((nozzle) => (nozzle.number === changed.number ? changed : nozzle)));
  const add = () => {
    const first = site.grades[0];
    const next = Math.max(0, ...nozzles.map((nozzle) => nozzle.number)) + 1;
    if (first) setNozzles([...nozzles, withGrade({ number: next, grade_id: "", tank_id: null }, first.id)]);
  };
  const submit = () => {
    save.mutate({ number: Number(number) || 0, nozzles });
  };
  return (
    <FormModal
      title={pump ? `Nozzles of pump ${pump.number}` : "Add a pump"}
      busy={save.isPending}
      problem={<FormProblem error={save.error} />}
      testId="pump-save"
      onSubmit={submit}
      onClose={onClose}
    >
      {!pump && (
        <TextInput
          label="Number painted on it"
          description="Its own in this site; another site may have the same."
          inputMode="numeric"
          value={number}
          error={wrong.number}
          onChange={(event) => setNumber(event.currentTarget.value)}
          data-testid="pump-number"
        />
      )}
      {nozzles.map((nozzle) => (
        <Group key={nozzle.number} wrap="nowrap" align="flex-end" gap="xs" data-testid="nozzle">
          <span className="nozzle-number figures">{nozzle.number}</span>
          <Select
            aria-label={`Nozzle ${nozzle.number} gives`}
            flex={2}
            allowDeselect={false}
            data={site.grades.map(({ id, name }) => ({ value: id, label: name }))}
            value={nozzle.grade_id}
            onChange={(grade) => grade && set(withGrade(nozzle, grade))}
          />
          <Select
            aria-label={`Nozzle ${nozzle.number} draws from`}
            flex={1}
            allowDeselect={false}
            placeholder="mains"
            data={tanksOf(nozzle.grade_id).map(({ id }) => id)}
            value={nozzle.tank_id}
            onChange={(tank) => set({ ...nozzle, tank_id: tank })}
          />
          <ActionIcon
            variant="subtle"
            color="red"
            size="lg"
            aria-label={`Remove nozzle ${nozzle.number}`}
            onClick={() => setNozzles(nozzles.filter((one) => one !== nozzle))}
          >
            <Icon name="trash" size={18} />
          </ActionIcon>
        </Group>
      ))}
      {site.grades.length === 0 ? (
        <Text size="sm" c="dimmed">
          Add a grade under Prices first.
        </Text>
      ) : (
        <Button variant="light" size="sm" onClick={add} data-testid="nozzle-add">
          Add a nozzle
        </Button>
      )}
      {wrong.nozzles && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {wrong.nozzles}
        </Text>
      )}
    </FormModal>
  );
}
