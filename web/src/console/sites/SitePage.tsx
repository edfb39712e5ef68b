import { Anchor, Badge, Group, Stack, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "react-router";
import { Icon } from "../../shared/ui/Icon";
import { ProblemNote, Waiting } from "../../shared/ui/notes";
import { sites } from "../operator";
import { SiteBoard } from "./SiteBoard";
import { SiteDetails } from "./SiteDetails";
import { SitePrices } from "./SitePrices";
import { SitePumps } from "./SitePumps";
import { SiteStaffList } from "./SiteStaffList";
import { SiteTanks } from "./SiteTanks";
import "./sites.css";

const sections = [
  ["forecourt", "Forecourt"],
  ["prices", "Prices"],
  ["tanks", "Tanks"],
  ["pumps", "Pumps"],
  ["site", "Site and hours"],
  ["staff", "Staff"],
] as const;

/** All of one filling station. What somebody may not change is shown without its buttons. */
export function SitePage() {
  const { id = "", section = "forecourt" } = useParams();
  const navigate = useNavigate();
  const query = useQuery({ queryKey: ["site", id], queryFn: () => sites.site(id) });
  const site = query.data;
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/sites" className="back" fw={600} size="sm">
        <Icon name="back" size={18} />
        All sites
      </Anchor>
      {query.isPending && <Waiting label="Loading the site" />}
      {!site && <ProblemNote error={query.error} onRetry={() => void query.refetch()} />}
      {site && (
        <>
          <Group justify="space-between" align="flex-start">
            <div>
              <Title order={1} size="h2">
                {site.name}
              </Title>
              <Text c="dimmed">
                {site.id}, {site.time_zone}
              </Text>
            </div>
            <Badge size="lg" variant="light" color={site.open_now ? "green" : "gray"} tt="none">
              {site.open_now ? "Open now" : "Closed now"}
            </Badge>
          </Group>
          <Tabs
            value={section}
            onChange={(to) => void navigate(`/sites/${id}/${to ?? "forecourt"}`, { replace: true })}
            keepMounted={false}
          >
            <Tabs.List className="site-tabs" mb="lg">
              {sections.map(([value, label]) => (
                <Tabs.Tab key={value} value={value} data-testid={`tab-${value}`}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="forecourt">
              <SiteBoard site={site} />
            </Tabs.Panel>
            <Tabs.Panel value="prices">
              <SitePrices site={site} />
            </Tabs.Panel>
            <Tabs.Panel value="tanks">
              <SiteTanks site={site} />
            </Tabs.Panel>
            <Tabs.Panel value="pumps">
              <SitePumps site={site} />
            </Tabs.Panel>
            <Tabs.Panel value="site">
              <SiteDetails site={site} />
            </Tabs.Panel>
            <Tabs.Panel value="staff">
              <SiteStaffList site={site} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Stack>
  );
}
