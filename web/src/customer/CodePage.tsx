import { Card, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { serverClock } from "../shared/api/serverClock";
import type { SignedInPerson } from "../shared/api/types";
import { Countdown } from "../shared/payments/Countdown";
import { ProblemNote, Waiting } from "../shared/ui/notes";
import { QrCode } from "../shared/ui/QrCode";
import { api } from "./account";

/** The person's code, for a station whose camera is not sure who they are. It is good once and for a minute. */
export function CodePage({ person }: { person: SignedInPerson }) {
  const code = useQuery({
    queryKey: ["code"],
    queryFn: async () => {
      const { qr, expires_in } = await api.makeCode(person.id);
      return { qr, until: new Date(serverClock.now() + expires_in * 1_000).toISOString() };
    },
    // Each asking makes the one before worthless, so it is asked for when this page opens and when a minute is over.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const { refetch } = code;
  const renew = useCallback(() => void refetch(), [refetch]);
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          My code
        </Title>
        <Text c="dimmed">When a gate or a till is not sure who you are, hold this code to its camera.</Text>
      </div>
      <Card>
        {code.isPending && <Waiting label="Making your code" />}
        <ProblemNote error={code.error} onRetry={renew} />
        {code.data && !code.error && (
          <Stack align="center" gap="md" py="md">
            <div className="my-code" data-testid="my-code">
              <QrCode text={code.data.qr} label="Your code as a QR code" />
            </div>
            <Text fw={600} size="lg">
              {person.name}
            </Text>
            <Text c="dimmed" ta="center">
              Good once. A new one comes in <Countdown key={code.data.until} until={code.data.until} onOver={renew} />.
            </Text>
          </Stack>
        )}
      </Card>
      <Text size="sm" c="dimmed">
        It is as good as your PIN: it says who you are, and at a till it agrees to the amount on the screen. Show it to
        stations alone, never to people.
      </Text>
    </Stack>
  );
}
