import { SegmentedControl, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import { serverClock } from "../../shared/api/serverClock";
import { useWrite } from "../../shared/api/useWrite";
import { momentOf, parseUnitPrice, perUnit, siteTime, unitPrice, wallClock } from "../../shared/fuel/fuelWords";
import type { PriceWish } from "../../shared/fuel/siteApi";
import type { Grade, Site } from "../../shared/fuel/types";
import { toast } from "../../shared/ui/toasts";
import { pendingWrites, sites } from "../operator";
import { FormModal, FormWrite } from "./FormModal";

/** A price from now on, or from a later moment on by the clock at the site. */
export function PriceForm({ site, grade, onClose }: { site: Site; grade: Grade; onClose: () => void }) {
  const [when, setWhen] = useState<"now" | "later">("now");
  const [price, setPrice] = useState("");
  const [wall, setWall] = useState(() => wallClock(tomorrow(), site.time_zone));
  const [wrong, setWrong] = useState<{ price?: string; wall?: string }>({});
  const write = useWrite({
    writes: pendingWrites,
    slot: `console.price.${site.id}.${grade.id}`,
    deliver: (key, body: PriceWish) => sites.setPrice(key, site.id, body),
    stale: ["site"],
    onDone: (set) => {
      const shown = `${unitPrice(set.thousandths_of_minor, site.currency)} ${perUnit[grade.unit]}`;
      toast(
        set.state === "scheduled" ? "Price scheduled" : "Price set",
        set.state === "scheduled"
          ? `${shown} from ${siteTime(set.valid_from, site.time_zone)}.`
          : `${grade.name} costs ${shown} now.`,
        "plain",
      );
      onClose();
    },
  });
  const said = fieldErrors(write.error);
  const submit = () => {
    const thousandths = parseUnitPrice(price, site.currency);
    const at = when === "later" ? momentOf(wall, site.time_zone) : null;
    const faults = {
      ...(thousandths ? {} : { price: "Write a price above zero, for instance 105.41." }),
      ...(when === "later" && (at === null || at <= serverClock.now()) ? { wall: "Choose a moment to come." } : {}),
    };
    setWrong(faults);
    if (!thousandths || Object.keys(faults).length > 0) return;
    write.send({
      grade_id: grade.id,
      thousandths_of_minor: thousandths,
      ...(at === null ? {} : { valid_from: new Date(at).toISOString() }),
    });
  };
  return (
    <FormModal
      title={`Price of ${grade.name}`}
      action={when === "now" ? "Set price" : "Schedule"}
      busy={write.busy}
      problem={<FormWrite write={write} what="The price" />}
      testId="price-save"
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        label={`${site.currency} ${perUnit[grade.unit]}`}
        inputMode="decimal"
        autoComplete="off"
        value={price}
        error={wrong.price ?? said.thousandths_of_minor}
        onChange={(event) => setPrice(event.currentTarget.value)}
        data-autofocus
        data-testid="price-amount"
      />
      <SegmentedControl
        aria-label="From when"
        value={when}
        onChange={(value) => setWhen(value as typeof when)}
        data={[
          { value: "now", label: "From now on" },
          { value: "later", label: "Later" },
        ]}
      />
      {when === "later" && (
        <TextInput
          type="datetime-local"
          label="From"
          description={`By the clock at the site (${site.time_zone}).`}
          value={wall}
          error={wrong.wall ?? said.valid_from}
          onChange={(event) => setWall(event.currentTarget.value)}
          data-testid="price-from"
        />
      )}
      <Text size="sm" c="dimmed">
        A car that is being filled keeps the price it began with.
      </Text>
    </FormModal>
  );
}

/** The next whole hour a day from now: most prices are set for a morning. */
const tomorrow = () => Math.ceil((serverClock.now() + 86_400_000) / 3_600_000) * 3_600_000;
