import { Alert, Button, Stack, Text } from "@mantine/core";
import type { Write } from "../api/useWrite";
import { Icon } from "./Icon";
import { ProblemNote } from "./notes";

/** What to say of a write: that it waits for its answer, or what went wrong. */
export function WriteNote<B>({ write, what }: { write: Write<B>; what: string }) {
  if (!write.waiting) return <ProblemNote error={write.error} />;
  return (
    <Alert color="yellow" variant="light" icon={<Icon name="warning" />} role="alert" data-testid="no-answer">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{what} has no answer yet. It is asked for again with the same number, so it happens once.</Text>
        <Button size="xs" variant="default" onClick={write.resume}>
          Check again
        </Button>
      </Stack>
    </Alert>
  );
}
