import { Badge, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { Icon } from "../../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../../shared/ui/notes";
import { rights, sites } from "../operator";
import { OpenSite } from "./OpenSite";
import "./sites.css";

/** The filling stations that somebody runs or may look at. */
export function SitesPage() {
  const list = useQuery({ queryKey: ["sites"], queryFn: sites.sites });
  const [opening, setOpening] = useState(false);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={1} size="h2">
            Sites
          </Title>
          <Text c="dimmed">Filling stations: what they sell, what it costs, what is in their tanks.</Text>
        </div>
        {rights().acts && (
          <Button leftSection={<Icon name="plus" size={18} />} onClick={() => setOpening(true)} data-testid="site-open">
            Open a site
          </Button>
        )}
      </Group>
      {list.isPending && <Waiting label="Loading the sites" />}
      <ProblemNote error={list.error} onRetry={() => void list.refetch()} />
      {list.data?.items.length === 0 && <EmptyNote icon="pump">There is no filling station yet.</EmptyNote>}
      <div className="station-grid">
        {list.data?.items.map((site) => (
          <Card key={site.id} component={Link} to={`/sites/${site.id}`} className="site-card" data-testid="site">
            <Group justify="space-between" wrap="nowrap" align="flex-start">
              <div>
                <Text fw={700}>{site.name}</Text>
                <Text size="sm" c="dimmed">
                  {site.id}, {site.time_zone}
                </Text>
              </div>
              <Badge variant="light" tt="none">
                {site.pumps === 1 ? "1 pump" : `${site.pumps} pumps`}
              </Badge>
            </Group>
          </Card>
        ))}
      </div>
      {opening && <OpenSite onClose={() => setOpening(false)} />}
    </Stack>
  );
}
