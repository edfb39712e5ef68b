import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "../../shared/ui/Icon";
import { EmptyNote } from "../../shared/ui/notes";

interface SetUpListProps {
  /** Said when there is none. */
  empty: string;
  /** What the button adds. */
  add: string;
  testId: string;
  /** How the cards stand beside each other. */
  grid: "station-grid" | "tank-grid";
  /** Without it nobody may add one. */
  onAdd?: (() => void) | undefined;
  children: ReactNode[];
}

/** What a site has of something, as cards, and the way to more of it. */
export function SetUpList({ empty, add, testId, grid, onAdd, children }: SetUpListProps) {
  return (
    <>
      {children.length === 0 && <EmptyNote icon="pump">{empty}</EmptyNote>}
      <div className={grid}>{children}</div>
      {onAdd && (
        <Group>
          <Button variant="default" leftSection={<Icon name="plus" size={18} />} onClick={onAdd} data-testid={testId}>
            {add}
          </Button>
        </Group>
      )}
    </>
  );
}
