import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { fieldErrors } from "../../shared/api/problem";
import type { Write } from "../../shared/api/useWrite";
import { ProblemNote } from "../../shared/ui/notes";
import { WriteNote } from "../../shared/ui/WriteNote";

interface FormModalProps {
  title: string;
  /** What its button does. */
  action?: string;
  busy: boolean;
  disabled?: boolean;
  /** What went wrong and belongs to no field. */
  problem: ReactNode;
  /** Of the button. */
  testId: string;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A form above the page: its fields, what went wrong, Cancel and Save. */
export function FormModal({ title, action = "Save", onSubmit, onClose, ...props }: FormModalProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{title}</Text>}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {props.children}
          {props.problem}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={props.busy} disabled={props.disabled ?? false} data-testid={props.testId}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What went wrong, unless it is written at its fields. */
export const FormProblem = ({ error }: { error: unknown }) =>
  Object.keys(fieldErrors(error)).length === 0 ? <ProblemNote error={error} /> : null;

/** The same of a write that survives a lost answer. */
export const FormWrite = <B,>({ write, what }: { write: Write<B>; what: string }) =>
  Object.keys(fieldErrors(write.error)).length === 0 ? <WriteNote write={write} what={what} /> : null;
