import { Button, Card, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { ApiProblem } from "../shared/api/problem";
import { Mark } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { codeOf, forgetCredentials, readCredentials, redeem } from "./credentials";
import { GateKiosk } from "./GateKiosk";
import { PumpKiosk } from "./pump/PumpKiosk";
import { TillKiosk } from "./TillKiosk";

/** This screen: not linked yet, or the kiosk of its gate or till. */
export function Station() {
  const [credentials, setCredentials] = useState(readCredentials);
  const link = useMutation({ mutationFn: redeem, onSuccess: setCredentials });
  const { mutate: open } = link;

  useEffect(() => {
    const follow = () => {
      const code = location.hash.includes("link=") ? codeOf(location.hash) : null;
      if (!code) return;
      // The code works once; it is taken out of the address so that a reload does not try it again.
      history.replaceState(null, "", location.pathname);
      open(code);
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [open]);

  const unlink = () => {
    forgetCredentials();
    setCredentials(null);
  };

  if (link.isPending || !credentials || link.error)
    return <LinkPage busy={link.isPending} error={link.error} onCode={open} onBack={credentials ? link.reset : null} />;
  const Kiosk = credentials.kind === "till" ? TillKiosk : credentials.kind === "pump" ? PumpKiosk : GateKiosk;
  return <Kiosk key={credentials.station_key} credentials={credentials} onUnlink={unlink} />;
}

interface LinkPageProps {
  busy: boolean;
  error: unknown;
  onCode: (code: string) => void;
  onBack: (() => void) | null;
}

/** A used or old link is the common case, so its words come before the general ones. */
function plain(error: unknown): unknown {
  const spent = error instanceof ApiProblem && [404, 409, 410].includes(error.status);
  if (!spent) return error;
  return new ApiProblem(410, "", "This link was used already or is too old. Ask an operator for a new one.");
}

function LinkPage({ busy, error, onCode, onBack }: LinkPageProps) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const code = codeOf(text);
    setWrong(code ? null : "Paste the whole link from the console.");
    if (code) onCode(code);
  };
  return (
    <main className="link-page">
      <Stack w="100%" maw={440} gap="lg">
        <Stack align="center" gap="sm">
          <Mark size={56} />
          <Title order={1} size="h2" ta="center">
            {busy ? "Linking this screen" : "This screen is not linked yet"}
          </Title>
          <Text c="dimmed" ta="center">
            In the console, under Stations, press Open kiosk. Open the link it makes on this screen, or paste it here. A
            link works once.
          </Text>
        </Stack>
        <Card>
          <form onSubmit={submit}>
            <Stack>
              <TextInput
                label="Link from the console"
                autoComplete="off"
                value={text}
                error={wrong}
                onChange={(event) => setText(event.currentTarget.value)}
                data-testid="station-link"
              />
              <ProblemNote error={plain(error)} />
              <Button type="submit" loading={busy} data-testid="station-link-open">
                Link this screen
              </Button>
              {onBack && (
                <Button variant="default" onClick={onBack}>
                  Go on with the present station
                </Button>
              )}
            </Stack>
          </form>
        </Card>
      </Stack>
    </main>
  );
}
