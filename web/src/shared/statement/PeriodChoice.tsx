import { Group, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Days, daysFault, monthOf } from "./days";

const spans = [
  { value: "this", label: "This month" },
  { value: "last", label: "Last month" },
  { value: "other", label: "Other days" },
];

interface PeriodChoiceProps {
  days: Days;
  /** Two days that make no period come too; whoever asks for a statement looks at `daysFault` first. */
  onChange: (days: Days) => void;
}

/** Which days a statement is about. */
export function PeriodChoice({ days, onChange }: PeriodChoiceProps) {
  const [span, setSpan] = useState("this");
  const choose = (value: string) => {
    setSpan(value);
    if (value !== "other") onChange(monthOf(new Date(), value === "this" ? 0 : 1));
  };
  const fault = daysFault(days);
  return (
    <Stack gap="sm">
      <SegmentedControl
        fullWidth
        data={spans}
        value={span}
        onChange={choose}
        aria-label="Period"
        data-testid="statement-span"
      />
      {span === "other" && (
        <Group grow align="flex-start">
          <TextInput
            label="First day"
            type="date"
            value={days.first}
            onChange={(event) => onChange({ ...days, first: event.currentTarget.value })}
            data-testid="statement-first"
          />
          <TextInput
            label="Last day"
            type="date"
            value={days.last}
            error={fault}
            onChange={(event) => onChange({ ...days, last: event.currentTarget.value })}
            data-testid="statement-last"
          />
        </Group>
      )}
    </Stack>
  );
}
