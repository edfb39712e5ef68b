import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import { kindWords } from "../../shared/fuel/fuelWords";
import type { FuelKind, FuelUnit, Grade, Site } from "../../shared/fuel/types";
import { ProblemNote } from "../../shared/ui/notes";
import { sites } from "../operator";
import { useSiteChange } from "./useSiteChange";

const units = [
  { value: "litre", label: "Litre" },
  { value: "us_gallon", label: "US gallon" },
  { value: "kilowatt_hour", label: "Kilowatt hour" },
];

const kinds = Object.entries(kindWords).map(([value, label]) => ({ value, label }));

/** Something that a site sells. Its fuel and its unit stay once it has a price or a tank. */
export function GradeForm({ site, grade, onClose }: { site: Site; grade: Grade | null; onClose: () => void }) {
  const [values, setValues] = useState<Grade>(grade ?? { id: "", name: "", fuel: "petrol", unit: "litre" });
  const save = useSiteChange((wish: Grade) => sites.setGrade(site, wish), onClose);
  const wrong = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (values.id.trim() !== "") save.mutate({ ...values, id: values.id.trim() });
  };
  const fuel = (to: FuelKind) =>
    setValues({
      ...values,
      fuel: to,
      unit: to === "electric" ? "kilowatt_hour" : values.unit === "kilowatt_hour" ? "litre" : values.unit,
    });
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{grade ? grade.name : "Add a grade"}</Text>}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {!grade && (
            <TextInput
              label="Short name"
              description="Never changed, for instance petrol-95."
              value={values.id}
              error={wrong.grade_id}
              onChange={(event) => setValues({ ...values, id: event.currentTarget.value })}
              data-autofocus
              data-testid="grade-id"
            />
          )}
          <TextInput
            label="Name at the pump"
            value={values.name}
            error={wrong.name}
            onChange={(event) => setValues({ ...values, name: event.currentTarget.value })}
            data-testid="grade-name"
          />
          <Select
            label="Fuel"
            size="md"
            allowDeselect={false}
            data={kinds}
            value={values.fuel}
            error={wrong.fuel}
            onChange={(value) => fuel(value as FuelKind)}
            data-testid="grade-fuel"
          />
          <Select
            label="Counted and priced by"
            size="md"
            allowDeselect={false}
            data={units.filter(({ value }) => (value === "kilowatt_hour") === (values.fuel === "electric"))}
            value={values.unit}
            error={wrong.unit}
            onChange={(value) => setValues({ ...values, unit: value as FuelUnit })}
            data-testid="grade-unit"
          />
          {Object.keys(wrong).length === 0 && <ProblemNote error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} data-testid="grade-save">
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
