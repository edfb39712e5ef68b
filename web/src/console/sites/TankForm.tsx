import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import { parseQuantity, unitShort } from "../../shared/fuel/fuelWords";
import type { Site, Tank } from "../../shared/fuel/types";
import { sites } from "../operator";
import { FormModal, FormProblem } from "./FormModal";
import { useSiteChange } from "./useSiteChange";

/** What a tank holds and how much of it. */
export function TankForm({ site, tank, onClose }: { site: Site; tank: Tank | null; onClose: () => void }) {
  const liquids = site.grades.filter(({ fuel }) => fuel !== "electric");
  const [values, setValues] = useState({
    id: tank?.id ?? `T${site.tanks.length + 1}`,
    grade: tank?.grade_id ?? liquids[0]?.id ?? null,
    capacity: tank ? `${tank.capacity_thousandths / 1_000}` : "",
  });
  const [fault, setFault] = useState<string | null>(null);
  const save = useSiteChange((wish: Pick<Tank, "id" | "grade_id" | "capacity_thousandths">) => {
    return sites.setTank(site, wish);
  }, onClose);
  const wrong = fieldErrors(save.error);
  const unit = unitShort[liquids.find(({ id }) => id === values.grade)?.unit ?? "litre"];
  const submit = () => {
    const capacity = parseQuantity(values.capacity);
    setFault(capacity ? null : "Write how much it holds, for instance 20000.");
    if (capacity && values.grade)
      save.mutate({ id: values.id.trim(), grade_id: values.grade, capacity_thousandths: capacity });
  };
  return (
    <FormModal
      title={tank ? `Tank ${tank.id}` : "Add a tank"}
      busy={save.isPending}
      disabled={!values.grade}
      problem={<FormProblem error={save.error} />}
      testId="tank-save"
      onSubmit={submit}
      onClose={onClose}
    >
      {!tank && (
        <TextInput
          label="Short name"
          description="Never changed."
          value={values.id}
          error={wrong.tank_id}
          onChange={(event) => setValues({ ...values, id: event.currentTarget.value })}
          data-testid="tank-id"
        />
      )}
      <Select
        label="Holds"
        size="md"
        allowDeselect={false}
        placeholder="Add a grade first"
        data={liquids.map(({ id, name }) => ({ value: id, label: name }))}
        value={values.grade}
        error={wrong.grade_id}
        onChange={(grade) => setValues({ ...values, grade })}
        data-testid="tank-grade"
      />
      <TextInput
        label={`Holds at most, in ${unit}`}
        inputMode="decimal"
        value={values.capacity}
        error={fault ?? wrong.capacity_thousandths}
        onChange={(event) => setValues({ ...values, capacity: event.currentTarget.value })}
        data-testid="tank-capacity"
      />
    </FormModal>
  );
}
