import { ActionIcon, Button, FileButton, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { newId } from "../shared/api/ids";
import { modestPicture } from "../shared/camera/capture";
import { Icon } from "../shared/ui/Icon";

const photosMax = 5;

export interface Photo {
  id: string;
  picture: Blob;
  /** A blob: address for the preview. */
  address: string;
}

export function photoOf(picture: Blob): Photo {
  return { id: newId(), picture, address: URL.createObjectURL(picture) };
}

interface PhotosProps {
  photos: Photo[];
  onPhotos: (photos: Photo[]) => void;
}

export function ChoosePhotos({ photos, onPhotos }: PhotosProps) {
  const [note, setNote] = useState<string | null>(null);
  const add = async (files: File[]) => {
    const pictures = files.filter((file) => file.type.startsWith("image/"));
    const room = photosMax - photos.length;
    if (pictures.length < files.length) setNote("Files that are not pictures were left out.");
    else if (pictures.length > room) setNote(`Five photos at most; the first ${room} were taken.`);
    else setNote(null);
    const added = await Promise.all(pictures.slice(0, room).map(modestPicture));
    onPhotos([...photos, ...added.map(photoOf)]);
  };
  return (
    <Stack gap="xs">
      <FileButton
        onChange={add}
        accept="image/jpeg,image/png,image/webp"
        multiple
        inputProps={{ "aria-label": "Photos of your face", ...testId }}
      >
        {(props) => (
          <Button
            {...props}
            variant={photos.length === 0 ? "filled" : "default"}
            disabled={photos.length >= photosMax}
            leftSection={<Icon name="photo" />}
          >
            {photos.length === 0 ? "Choose one to five photos" : "Add more photos"}
          </Button>
        )}
      </FileButton>
      <Text size="sm" c="dimmed" role="status">
        {note ?? "JPEG, PNG or WebP. Two or three different photos work best."}
      </Text>
    </Stack>
  );
}

const testId = { "data-testid": "enrol-files" } as Record<string, string>;

export function PhotoList({ photos, advice, onPhotos }: PhotosProps & { advice: Map<number, string> }) {
  return (
    <ul className="photos">
      {photos.map((photo, index) => (
        <li key={photo.id} className="photo" data-wrong={advice.has(index)} data-testid="enrol-photo">
          <img src={photo.address} alt={`Chosen ${index + 1}`} />
          <ActionIcon
            className="photo-remove"
            variant="default"
            radius="xl"
            size={30}
            aria-label={`Remove photo ${index + 1}`}
            onClick={() => onPhotos(photos.filter((other) => other !== photo))}
          >
            <Icon name="cross" size={14} weight={2.4} />
          </ActionIcon>
          {advice.has(index) && (
            <Text size="xs" mt={4} c="var(--mantine-color-error)">
              {advice.get(index)}
            </Text>
          )}
        </li>
      ))}
    </ul>
  );
}
