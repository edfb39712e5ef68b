import { Alert, Button, Card, Group, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { quantity, siteTime } from "../../shared/fuel/fuelWords";
import type { FuelUnit, Site, Tank } from "../../shared/fuel/types";
import { Icon } from "../../shared/ui/Icon";
import { ProblemNote, Waiting } from "../../shared/ui/notes";
import { sites } from "../operator";
import { Who } from "../Who";
import { SetUpList } from "./SetUpList";
import { TankFillForm } from "./TankFillForm";
import { TankForm } from "./TankForm";

const lowShare = 0.15;

/** What is in the tanks. Levels fall with each delivery, as it is paid. */
export function SiteTanks({ site }: { site: Site }) {
  const [editing, setEditing] = useState<Tank | "new" | null>(null);
  const [filling, setFilling] = useState<{ tank: Tank; kind: "delivery" | "dip" } | null>(null);
  return (
    <Stack gap="lg">
      <SetUpList
        empty="There is no tank yet."
        add="Add a tank"
        testId="tank-add"
        grid="tank-grid"
        onAdd={site.right === "manage" ? () => setEditing("new") : undefined}
      >
        {site.tanks.map((tank) => (
          <TankCard
            key={tank.id}
            site={site}
            tank={tank}
            onFill={(kind) => setFilling({ tank, kind })}
            onEdit={() => setEditing(tank)}
          />
        ))}
      </SetUpList>
      {editing && <TankForm site={site} tank={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
      {filling && <TankFillForm site={site} {...filling} onClose={() => setFilling(null)} />}
    </Stack>
  );
}

interface TankCardProps {
  site: Site;
  tank: Tank;
  onFill: (kind: "delivery" | "dip") => void;
  onEdit: () => void;
}

function TankCard({ site, tank, onFill, onEdit }: TankCardProps) {
  const [listing, setListing] = useState(false);
  const grade = site.grades.find(({ id }) => id === tank.grade_id);
  const unit = grade?.unit ?? "litre";
  const share = tank.level_thousandths / tank.capacity_thousandths;
  const low = share < lowShare;
  return (
    <Card data-testid={`tank-${tank.id}`} data-level={tank.level_thousandths}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Text fw={700}>{tank.id}</Text>
            <Text size="sm" c="dimmed">
              {grade?.name ?? tank.grade_id}
            </Text>
          </div>
          <div className="figures tank-level">
            <Text fw={750} size="lg">
              {quantity(tank.level_thousandths, unit)}
            </Text>
            <Text size="sm" c="dimmed">
              of {quantity(tank.capacity_thousandths, unit)}
            </Text>
          </div>
        </Group>
        <Progress
          value={share * 100}
          size="xl"
          color={low ? "red.8" : "sight"}
          aria-label={`${Math.round(share * 100)} percent full`}
        />
        {low && (
          <Text size="sm" c="red.8" fw={600}>
            {Math.round(share * 100)} percent left: order a delivery.
          </Text>
        )}
        {tank.short_thousandths > 0 && (
          <Alert color="yellow" variant="light" icon={<Icon name="warning" />} data-testid="tank-short">
            <Text size="sm">
              Pumps delivered {quantity(tank.short_thousandths, unit)} more than was thought to be in it. Measure the
              tank.
            </Text>
          </Alert>
        )}
        <Group gap="xs">
          {site.right !== "read" && (
            <>
              <Button size="sm" variant="light" onClick={() => onFill("delivery")} data-testid={`deliver-${tank.id}`}>
                Lorry came
              </Button>
              <Button size="sm" variant="default" onClick={() => onFill("dip")} data-testid={`dip-${tank.id}`}>
                Measured
              </Button>
            </>
          )}
          {site.right === "manage" && (
            <Button size="sm" variant="default" onClick={onEdit}>
              Edit
            </Button>
          )}
          <Button
            size="sm"
            variant="subtle"
            aria-expanded={listing}
            onClick={() => setListing(!listing)}
            data-testid={`entries-${tank.id}`}
          >
            {listing ? "Hide entries" : "Entries"}
          </Button>
        </Group>
        {listing && <Entries site={site} tank={tank.id} unit={unit} />}
      </Stack>
    </Card>
  );
}

function Entries({ site, tank, unit }: { site: Site; tank: string; unit: FuelUnit }) {
  const entries = useQuery({
    queryKey: ["site", site.id, "tank", tank],
    queryFn: () => sites.tankEntries(site.id, tank),
  });
  return (
    <>
      {entries.isPending && <Waiting label="Loading the entries" />}
      <ProblemNote error={entries.error} onRetry={() => void entries.refetch()} />
      {entries.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          No delivery came yet, and nobody measured.
        </Text>
      )}
      <ul className="passages">
        {entries.data?.items.map((entry) => (
          <li key={entry.id} data-testid="tank-entry">
            <div>
              <Text size="sm" fw={600}>
                {entry.kind === "delivery" ? "Lorry came" : "Measured"}
                {entry.note && `: ${entry.note}`}
              </Text>
              <Text size="xs" c="dimmed">
                {siteTime(entry.at, site.time_zone)}, <Who name={entry.who} />
              </Text>
            </div>
            <div className="passage-right figures">
              <Text size="sm" fw={700}>
                {entry.kind === "delivery"
                  ? `+${quantity(entry.thousandths, unit)}`
                  : quantity(entry.after_thousandths, unit)}
              </Text>
              {entry.kind === "dip" && (
                <Text size="xs" c="dimmed">
                  {difference(entry.after_thousandths - entry.before_thousandths, unit)}
                </Text>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

const difference = (thousandths: number, unit: FuelUnit) =>
  thousandths === 0 ? "as expected" : `${quantity(Math.abs(thousandths), unit)} ${thousandths < 0 ? "less" : "more"}`;
