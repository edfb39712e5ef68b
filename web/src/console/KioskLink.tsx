import { Anchor, Button, CopyButton, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Station } from "../shared/api/types";
import { clock } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote, Waiting } from "../shared/ui/notes";
import { QrCode } from "../shared/ui/QrCode";
import { api } from "./operator";

/** A fresh one-time link for a station's screen, as address, button and QR code. */
export function KioskLink({
  station,
  onClose,
}: {
  station: Pick<Station, "id" | "kind" | "name">;
  onClose: () => void;
}) {
  const make = useMutation({ mutationFn: () => api.makeStationLink(station.id) });
  const { mutate } = make;
  const made = useRef(false);
  useEffect(() => {
    if (made.current) return;
    made.current = true;
    mutate();
  }, [mutate]);
  const address = make.data ? new URL(make.data.url, location.origin).href : null;

  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>Open the kiosk of {station.name}</Text>}>
      <Stack>
        {make.isPending && <Waiting label="Making the link" />}
        <ProblemNote error={make.error} onRetry={() => mutate()} />
        {address && make.data && (
          <>
            <Text size="sm">
              Open this link on the screen at the {station.kind}. It works once, until {clock(make.data.expires_at)}.
            </Text>
            <QrCode text={address} label={`QR code of the link for ${station.name}`} />
            <TextInput
              label="Link"
              value={address}
              readOnly
              onFocus={(event) => event.currentTarget.select()}
              data-testid="kiosk-link"
            />
            <Group grow>
              <CopyButton value={address}>
                {({ copied, copy }) => (
                  <Button
                    variant="default"
                    leftSection={<Icon name={copied ? "check" : "copy"} size={18} />}
                    onClick={copy}
                  >
                    {copied ? "Copied" : "Copy link"}
                  </Button>
                )}
              </CopyButton>
              <Button
                component="a"
                href={address}
                target="_blank"
                rel="noopener"
                leftSection={<Icon name="arrow" size={18} />}
                data-testid="kiosk-open"
              >
                Open here
              </Button>
            </Group>
            <Anchor component="button" type="button" size="sm" onClick={() => mutate()}>
              Make another link
            </Anchor>
          </>
        )}
      </Stack>
    </Modal>
  );
}
