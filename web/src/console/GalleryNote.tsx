import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { send } from "../shared/api/call";
import { Icon } from "../shared/ui/Icon";

interface Health {
  dependencies: Record<string, string>;
}

/** More people are enrolled than the thresholds of their faces were measured with: as long as the server says so. */
export function GalleryNote() {
  const health = useQuery({
    queryKey: ["health"],
    queryFn: () => send<Health>({ path: "/health" }),
    refetchInterval: 300_000,
    retry: false,
  });
  const said = health.data?.dependencies.face_thresholds ?? "ready";
  if (said === "ready") return null;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<Icon name="people" />}
      title="The gallery of faces has outgrown its measurement"
      mb="lg"
      role="status"
      data-testid="gallery-outgrown"
    >
      <Text size="sm">
        {said}. Beyond that they are stricter by estimate. Have them measured with more people, or let customers add
        more photos of their face.
      </Text>
    </Alert>
  );
}
