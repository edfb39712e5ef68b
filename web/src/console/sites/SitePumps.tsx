import { Badge, Button, Card, Group, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { sentenceOf } from "../../shared/api/problem";
import type { Pump, Site } from "../../shared/fuel/types";
import { toast } from "../../shared/ui/toasts";
import { KioskLink } from "../KioskLink";
import { rights, sites } from "../operator";
import { PumpForm } from "./PumpForm";
import { SetUpList } from "./SetUpList";
import { useSiteChange } from "./useSiteChange";

/** The pumps of a site, their nozzles, and whether they serve. */
export function SitePumps({ site }: { site: Site }) {
  const [editing, setEditing] = useState<Pump | "new" | null>(null);
  const [linking, setLinking] = useState<Pump | null>(null);
  return (
    <Stack gap="lg">
      <SetUpList
        empty="There is no pump yet."
        add="Add a pump"
        testId="pump-add"
        grid="station-grid"
        onAdd={site.right === "manage" ? () => setEditing("new") : undefined}
      >
        {site.pumps.map((pump) => (
          <PumpCard
            key={pump.id}
            site={site}
            pump={pump}
            onEdit={() => setEditing(pump)}
            onLink={() => setLinking(pump)}
          />
        ))}
      </SetUpList>
      {editing && <PumpForm site={site} pump={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
      {linking && (
        <KioskLink
          station={{ id: linking.id, kind: "pump", name: `${site.name}, pump ${linking.number}` }}
          onClose={() => setLinking(null)}
        />
      )}
    </Stack>
  );
}

interface PumpCardProps {
  site: Site;
  pump: Pump;
  onEdit: () => void;
  onLink: () => void;
}

function PumpCard({ site, pump, onEdit, onLink }: PumpCardProps) {
  const name = (grade: string) => site.grades.find(({ id }) => id === grade)?.name ?? grade;
  return (
    <Card data-testid={`pump-${pump.number}`}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Text fw={700}>Pump {pump.number}</Text>
            <Text size="sm" c="dimmed">
              {pump.id}
            </Text>
          </div>
          <Badge variant="light" color={pump.out_of_order ? "red" : "green"} tt="none">
            {pump.closed ? "Closed by staff" : pump.out_of_order ? "Out of order" : "In service"}
          </Badge>
        </Group>
        {pump.nozzles.length === 0 && (
          <Text size="sm" c="dimmed">
            No nozzle yet, so it serves nobody.
          </Text>
        )}
        <ul className="nozzles">
          {pump.nozzles.map((nozzle) => (
            <li key={nozzle.number}>
              <span className="nozzle-number figures">{nozzle.number}</span>
              <span>{name(nozzle.grade_id)}</span>
              <Text span size="sm" c="dimmed" ml="auto">
                {nozzle.tank_id ?? "mains"}
              </Text>
            </li>
          ))}
        </ul>
        {site.right !== "read" && <PumpSwitch site={site} pump={pump} />}
        <Group mt="auto" grow>
          {site.right === "manage" && (
            <Button size="sm" variant="default" onClick={onEdit} data-testid={`nozzles-${pump.number}`}>
              Nozzles
            </Button>
          )}
          {rights().acts && (
            <Button size="sm" variant="light" onClick={onLink} data-testid={`pump-link-${pump.number}`}>
              Open screen
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

function PumpSwitch({ site, pump }: { site: Site; pump: Pump }) {
  const change = useSiteChange(
    (open: boolean) => sites.closePump(site.id, pump.number, !open),
    () => toast(`Pump ${pump.number} is ${pump.closed ? "open" : "closed"}`, undefined, "plain"),
  );
  const open = change.isPending ? change.variables : !pump.closed;
  return (
    <Switch
      size="md"
      color="green.8"
      checked={open}
      disabled={change.isPending}
      label={open ? "Open for cars" : "Closed by staff"}
      {...(pump.out_of_order && !pump.closed ? { description: "The pump itself says that it is out of order." } : {})}
      error={change.error ? sentenceOf(change.error) : undefined}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
      data-testid={`pump-switch-${pump.number}`}
    />
  );
}
