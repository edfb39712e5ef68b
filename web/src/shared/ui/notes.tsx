import { Alert, Button, Center, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { sentenceOf } from "../api/problem";
import { Icon, type IconName } from "./Icon";

/** What went wrong, in words, with a way on. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null;
  return (
    <Alert color="red" variant="light" icon={<Icon name="warning" />} role="alert" data-testid="problem">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Waiting({ label }: { label: string }) {
  return (
    <Center py="xl" role="status" aria-label={label}>
      <Loader size="sm" />
    </Center>
  );
}

export function EmptyNote({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" c="dimmed">
      <Icon name={icon} size={32} weight={1.4} />
      <Text ta="center" maw={360}>
        {children}
      </Text>
    </Stack>
  );
}

interface ConfirmProps {
  opened: boolean;
  title: string;
  children: ReactNode;
  action: string;
  /** The way back. */
  keep?: string;
  busy?: boolean;
  /** Something is still missing. */
  disabled?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: ConfirmProps) {
  const { opened, title, children, action, keep, busy, disabled, error, onConfirm, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={700}>{title}</Text>}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        <ProblemNote error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {keep ?? "Cancel"}
          </Button>
          <Button
            color="red.8"
            loading={busy ?? false}
            disabled={disabled ?? false}
            onClick={onConfirm}
            data-testid="confirm"
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
