import { ActionIcon, Button, Card, Group, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import type { SiteWish } from "../../shared/fuel/siteApi";
import { days, type Opening, type OpenSpan, type Site } from "../../shared/fuel/types";
import { Icon } from "../../shared/ui/Icon";
import { ProblemNote } from "../../shared/ui/notes";
import { toast } from "../../shared/ui/toasts";
import { rights, sites } from "../operator";
import { RegionSelect } from "./RegionSelect";
import { useSiteChange } from "./useSiteChange";

const allDay: Opening = Object.fromEntries(days.map((day) => [day, [{ from: "06:00", to: "22:00" }]]));

/** Name, place, owner and opening hours. */
export function SiteDetails({ site }: { site: Site }) {
  const manages = site.right === "manage";
  const [values, setValues] = useState<SiteWish>(site);
  const save = useSiteChange(
    (wish: SiteWish) => sites.change(site, wish),
    () => toast("Site saved", undefined, "plain"),
  );
  const wrong = fieldErrors(save.error);
  const hoursFault = Object.entries(wrong).find(([field]) => field.startsWith("opening"))?.[1];
  const text = (field: "name" | "time_zone") => ({
    value: values[field],
    error: wrong[field],
    readOnly: !manages,
    onChange: (event: { currentTarget: { value: string } }) =>
      setValues({ ...values, [field]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, region, time_zone, opening, owner_id } = values;
    save.mutate({ name, region, time_zone, opening, owner_id: owner_id?.trim() || null });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <div className="two-columns">
          <Card>
            <Stack>
              <Title order={2} size="h4">
                Site
              </Title>
              <TextInput label="Name" {...text("name")} data-testid="details-name" />
              <RegionSelect
                value={values.region}
                error={wrong.region}
                disabled={!manages}
                onChange={(region) => setValues({ ...values, region })}
              />
              <TextInput label="Time zone" {...text("time_zone")} />
              <TextInput
                label="Owner"
                description={rights().acts ? "Number of their account; empty: nobody." : "Operators say who it is."}
                value={values.owner_id ?? ""}
                error={wrong.owner_id}
                readOnly={!rights().acts}
                onChange={(event) => setValues({ ...values, owner_id: event.currentTarget.value })}
              />
            </Stack>
          </Card>
          <Card>
            <Stack>
              <Title order={2} size="h4">
                Opening hours
              </Title>
              <Switch
                size="md"
                label="Always open"
                checked={values.opening === null}
                disabled={!manages}
                onChange={(event) => setValues({ ...values, opening: event.currentTarget.checked ? null : allDay })}
                data-testid="always-open"
              />
              {values.opening && (
                <Hours
                  opening={values.opening}
                  readOnly={!manages}
                  onChange={(opening) => setValues({ ...values, opening })}
                />
              )}
              <Text size="sm" c="dimmed">
                By the clock at the site. An end before its beginning is on the next day.
              </Text>
              {hoursFault && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {hoursFault}
                </Text>
              )}
            </Stack>
          </Card>
        </div>
        {Object.keys(wrong).length === 0 && <ProblemNote error={save.error} />}
        {manages && (
          <Group>
            <Button type="submit" loading={save.isPending} data-testid="details-save">
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

interface HoursProps {
  opening: Opening;
  readOnly: boolean;
  onChange: (opening: Opening) => void;
}

function Hours({ opening, readOnly, onChange }: HoursProps) {
  const set = (day: (typeof days)[number], spans: OpenSpan[]) => onChange({ ...opening, [day]: spans });
  return (
    <ul className="hours">
      {days.map((day) => {
        const spans = opening[day] ?? [];
        const name = `${day.charAt(0).toUpperCase()}${day.slice(1)}`;
        return (
          <li key={day}>
            <Text className="hours-day">{name}</Text>
            <Stack gap={6} flex={1}>
              {spans.length === 0 && (
                <Text size="sm" c="dimmed" py={6}>
                  Closed
                </Text>
              )}
              {spans.map((span, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: spans have no name, and their fields hold no state.
                <Group key={index} gap={6} wrap="nowrap">
                  <TextInput
                    type="time"
                    size="sm"
                    className="hours-from"
                    aria-label={`${name} from`}
                    value={span.from}
                    readOnly={readOnly}
                    onChange={(event) => set(day, spans.with(index, { ...span, from: event.currentTarget.value }))}
                  />
                  <Text size="sm">to</Text>
                  <TextInput
                    type="time"
                    size="sm"
                    className="hours-from"
                    aria-label={`${name} to`}
                    value={span.to}
                    readOnly={readOnly}
                    onChange={(event) => set(day, spans.with(index, { ...span, to: event.currentTarget.value }))}
                  />
                  {!readOnly && (
                    <ActionIcon
                      variant="subtle"
                      color="red"
                      aria-label={`${name}: remove these hours`}
                      onClick={() => set(day, spans.toSpliced(index, 1))}
                    >
                      <Icon name="cross" size={16} />
                    </ActionIcon>
                  )}
                </Group>
              ))}
            </Stack>
            {!readOnly && (
              <ActionIcon
                variant="subtle"
                aria-label={`${name}: add hours`}
                onClick={() => set(day, [...spans, { from: "06:00", to: "22:00" }])}
              >
                <Icon name="plus" size={18} />
              </ActionIcon>
            )}
          </li>
        );
      })}
    </ul>
  );
}
