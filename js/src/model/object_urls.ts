/** Object URLs that are released when they are not needed any more, at the latest with the view. */
import { atEnd } from "./life";

export interface ObjectUrls<Key> {
  /** Puts bytes in a key's place; the URL before it is released. */
  put(key: Key, bytes: DataView, type: string): string;
  drop(key: Key): void;
}

export function objectUrls<Key>(life: AbortSignal): ObjectUrls<Key> {
  const held = new Map<Key, string>();
  const drop = (key: Key) => {
    const url = held.get(key);
    if (url !== undefined) URL.revokeObjectURL(url);
    held.delete(key);
  };
  atEnd(life, () => {
    for (const key of [...held.keys()]) drop(key);
  });
  return {
    drop,
    put(key, bytes, type) {
      drop(key);
      if (life.aborted) return "";
      const url = URL.createObjectURL(new Blob([bytes as DataView<ArrayBuffer>], { type }));
      held.set(key, url);
      return url;
    },
  };
}
