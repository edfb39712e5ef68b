import { Anchor, Container, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { send } from "../shared/api/call";
import { ApiProblem } from "../shared/api/problem";
import { Icon, type IconName, Mark } from "../shared/ui/Icon";

const doors: { href: string; icon: IconName; title: string; text: string }[] = [
  {
    href: "/app",
    icon: "wallet",
    title: "My wallet",
    text: "Create an account, add your face, top up, see your journeys.",
  },
  {
    href: "/station",
    icon: "gate",
    title: "Gate or till",
    text: "Turn this screen into the camera of a gate or a till.",
  },
  { href: "/console", icon: "journeys", title: "Console", text: "For operators: the line live, stations and people." },
];

export function StartPage() {
  return (
    <Container component="main" size="md" className="start">
      <Stack gap={40}>
        <Stack gap="md">
          <Group gap="sm">
            <Mark size={44} />
            <Text fw={750} size="xl">
              SightPay
            </Text>
          </Group>
          <Title order={1} className="start-title">
            Look at the camera. That is the ticket.
          </Title>
          <Text size="lg" c="dimmed" maw={560}>
            A camera at the gate recognises you, the gate opens, and the right fare leaves your wallet when you walk
            out.
          </Text>
        </Stack>
        <nav className="doors" aria-label="Where to">
          {doors.map((door) => (
            <a key={door.href} href={door.href} className="door">
              <span className="door-icon">
                <Icon name={door.icon} size={30} />
              </span>
              <strong>{door.title}</strong>
              <span className="door-text">{door.text}</span>
              <span className="door-arrow">
                <Icon name="arrow" size={22} />
              </span>
            </a>
          ))}
        </nav>
        <Group justify="space-between">
          <Status />
          <Group gap="lg">
            <Anchor href="/verify" size="sm" fw={600}>
              Check a receipt
            </Anchor>
            <Anchor href="/docs" size="sm" fw={600}>
              Interface for programs
            </Anchor>
          </Group>
        </Group>
      </Stack>
    </Container>
  );
}

/** Whether gates can decide right now. */
function Status() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: () => send<unknown>({ path: "/health", timeoutMs: 5_000 }),
    refetchInterval: 10_000,
    retry: false,
  });
  const away = health.error instanceof ApiProblem && health.error.status === 0;
  const state = health.isPending ? "connecting" : health.isSuccess ? "live" : "reconnecting";
  const words = health.isPending
    ? "Asking the server"
    : health.isSuccess
      ? "All is well: gates can open."
      : away
        ? "The server does not answer. This page keeps asking."
        : "The server is starting or repairing itself. This page keeps asking.";
  return (
    <Group gap={10} role="status" aria-live="polite" data-testid="health" data-state={state}>
      <span className="live-dot" data-state={state} />
      <Text size="sm">{words}</Text>
    </Group>
  );
}
