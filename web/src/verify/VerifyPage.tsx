import { Anchor, Button, Container, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import { type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import { Icon, Mark } from "../shared/ui/Icon";
import { Waiting } from "../shared/ui/notes";
import { type Checked, check, readGiven } from "./check";
import { Result } from "./Result";
import { browsersMemory, serversLog } from "./server";

type State = { step: "empty"; trouble?: string } | { step: "checking" } | { step: "checked"; checked: Checked };

/** Anybody checks a receipt here: dropped, pasted, or opened by the code on a printed one. Nothing is sent away. */
export function VerifyPage() {
  const [state, setState] = useState<State>({ step: "empty" });

  const run = useCallback(async (text: string) => {
    setState({ step: "checking" });
    setState(await checkText(text));
  }, []);

  useEffect(() => {
    const open = () => {
      if (location.hash.startsWith("#leaf=")) void run(location.href);
    };
    open();
    window.addEventListener("hashchange", open);
    return () => window.removeEventListener("hashchange", open);
  }, [run]);

  function again() {
    history.replaceState(null, "", location.pathname);
    setState({ step: "empty" });
  }

  return (
    <Container component="main" size="sm" className="verify">
      <Stack gap="xl">
        <Anchor href="/" underline="never" c="inherit">
          <Group gap="sm">
            <Mark size={34} />
            <Text fw={750} size="lg">
              SightPay
            </Text>
          </Group>
        </Anchor>
        {state.step === "empty" && <Ask trouble={state.trouble} onText={(text) => void run(text)} />}
        {state.step === "checking" && <Waiting label="Checking" />}
        {state.step === "checked" && <Result checked={state.checked} onAgain={again} />}
      </Stack>
    </Container>
  );
}

async function checkText(text: string): Promise<State> {
  if (!window.crypto?.subtle)
    return {
      step: "empty",
      trouble: "This browser checks receipts only on a secure address. Open this page with https.",
    };
  try {
    return { step: "checked", checked: await check(readGiven(text), serversLog, browsersMemory) };
  } catch {
    return { step: "empty", trouble: "That is not a whole SightPay receipt. Choose the file as you got it." };
  }
}

function Ask({ trouble, onText }: { trouble: string | undefined; onText: (text: string) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);

  async function take(files: FileList | null) {
    const first = files?.[0];
    if (first) onText(await first.text());
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length > 0) void take(event.dataTransfer.files);
    else onText(event.dataTransfer.getData("text"));
  }

  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Title order={1} className="verify-title">
          Is this receipt genuine?
        </Title>
        <Text c="dimmed" size="lg">
          Your browser does the sums. It finds a changed receipt, and a log that somebody rewrote, even if it was us.
        </Text>
      </Stack>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut, the button does the same */}
      <div
        className="drop"
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span className="drop-icon">
          <Icon name="receipt" size={34} weight={1.5} />
        </span>
        <Text fw={650} size="lg">
          Drop a receipt here
        </Text>
        <Text c="dimmed" size="sm">
          The file that the app keeps for you, or scan the code on a printed one with your phone.
        </Text>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          data-testid="receipt-file"
          onChange={(event) => void take(event.currentTarget.files)}
        />
        <Button onClick={() => file.current?.click()}>Choose a file</Button>
      </div>
      {trouble && (
        <Text role="alert" c="red" fw={600} data-testid="verify-trouble">
          {trouble}
        </Text>
      )}
      <Stack gap="xs">
        <Textarea
          label="Or paste it"
          placeholder='{"receipt": … }'
          minRows={3}
          maxRows={8}
          autosize
          value={pasted}
          spellCheck={false}
          data-testid="receipt-text"
          onChange={(event) => setPasted(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" disabled={pasted.trim() === ""} onClick={() => onText(pasted)} data-testid="verify">
            Check
          </Button>
        </Group>
      </Stack>
    </Stack>
  );
}
