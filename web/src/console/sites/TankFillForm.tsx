import { TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import { useWrite } from "../../shared/api/useWrite";
import { parseQuantity, quantity, unitShort } from "../../shared/fuel/fuelWords";
import type { TankFill } from "../../shared/fuel/siteApi";
import type { Site, Tank } from "../../shared/fuel/types";
import { toast } from "../../shared/ui/toasts";
import { pendingWrites, sites } from "../operator";
import { FormModal, FormWrite } from "./FormModal";

interface TankFillFormProps {
  site: Site;
  tank: Tank;
  kind: "delivery" | "dip";
  onClose: () => void;
}

/** A tank lorry came, or somebody measured what is in the tank. */
export function TankFillForm({ site, tank, kind, onClose }: TankFillFormProps) {
  const unit = site.grades.find(({ id }) => id === tank.grade_id)?.unit ?? "litre";
  const [values, setValues] = useState({ amount: "", note: "" });
  const [wrong, setWrong] = useState<string | null>(null);
  const write = useWrite({
    writes: pendingWrites,
    slot: `console.tank.${site.id}.${tank.id}.${kind}`,
    deliver: (key, body: TankFill) => sites.fillTank(key, site.id, tank.id, body),
    stale: ["site"],
    onDone: () => {
      toast("Saved", `The level of ${tank.id} is up to date.`, "plain");
      onClose();
    },
  });
  const room = tank.capacity_thousandths - (kind === "delivery" ? tank.level_thousandths : 0);
  const said = fieldErrors(write.error);
  const submit = () => {
    const thousandths = parseQuantity(values.amount);
    const fault =
      thousandths === null || (kind === "delivery" && thousandths === 0)
        ? "Write a figure, for instance 8000."
        : thousandths > room
          ? `At most ${quantity(room, unit)} fits. If the level is wrong, measure the tank first.`
          : null;
    setWrong(fault);
    if (thousandths !== null && fault === null) write.send({ kind, thousandths, note: values.note.trim() });
  };
  const title = kind === "delivery" ? `A lorry came for ${tank.id}` : `${tank.id} was measured`;
  return (
    <FormModal
      title={title}
      busy={write.busy}
      problem={<FormWrite write={write} what="The entry" />}
      testId="fill-save"
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        label={kind === "delivery" ? `Brought, in ${unitShort[unit]}` : `In the tank now, in ${unitShort[unit]}`}
        description={`Thought to be in it: ${quantity(tank.level_thousandths, unit)}.`}
        inputMode="decimal"
        autoComplete="off"
        value={values.amount}
        error={wrong ?? said.thousandths}
        onChange={(event) => setValues({ ...values, amount: event.currentTarget.value })}
        data-autofocus
        data-testid="fill-amount"
      />
      <TextInput
        label="Note"
        description={kind === "delivery" ? "For instance the number of the delivery slip." : "How it was measured."}
        maxLength={200}
        error={said.note}
        value={values.note}
        onChange={(event) => setValues({ ...values, note: event.currentTarget.value })}
        data-testid="fill-note"
      />
    </FormModal>
  );
}
