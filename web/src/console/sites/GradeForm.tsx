import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import { kindWords } from "../../shared/fuel/fuelWords";
import type { FuelKind, FuelUnit, Grade, Site } from "../../shared/fuel/types";
import { sites } from "../operator";
import { FormModal, FormProblem } from "./FormModal";
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
  const submit = () => {
    if (values.id.trim() !== "") save.mutate({ ...values, id: values.id.trim() });
  };
  const fuel = (to: FuelKind) =>
    setValues({
      ...values,
      fuel: to,
      unit: to === "electric" ? "kilowatt_hour" : values.unit === "kilowatt_hour" ? "litre" : values.unit,
    });
  return (
    <FormModal
      title={grade ? grade.name : "Add a grade"}
      busy={save.isPending}
      problem={<FormProblem error={save.error} />}
      testId="grade-save"
      onSubmit={submit}
      onClose={onClose}
    >
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
    </FormModal>
  );
}
