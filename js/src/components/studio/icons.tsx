/** The studio's line drawings; the words beside them, or their labels, say the same. */

const PATHS = {
  star: "M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z",
  enlarge: "M9.5 2.5h4v4M13.5 2.5l-5 5M6.5 13.5h-4v-4M2.5 13.5l5-5",
  download: "M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M3 13.2h10",
  copy: "M5.5 5.5h7.2v7.7H5.5zM3.2 10.5V2.8h7",
  code: "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5",
  reset: "M3.2 6.2A5 5 0 1 1 3 9.6M3 2.8v3.5h3.5",
  swap: "M5 3L2.5 5.5 5 8M2.5 5.5h9M11 8l2.5 2.5L11 13M13.5 10.5h-9",
  lock: "M4 7.2h8v6H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  unlock: "M4 7.2h8v6H4zM5.5 7V5a2.5 2.5 0 0 1 4.8-1",
  fold: "M4 6l4 4 4-4",
  trash: "M3 4.3h10M6.3 4V2.6h3.4V4M4.3 4.5l.6 9h6.2l.6-9M6.8 7v4M9.2 7v4",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  play: "M4.5 2.8l8 5.2-8 5.2z",
  keep: "M3 2.7h10v10.6H3zM6 2.7v10.6M8.3 6h2.4M8.3 8.5h2.4",
  vary: "M2.5 11.5h2l6-7h3M11.5 2.5l2 2-2 2M2.5 4.5h2l1.5 1.7M8.6 9.3l1.9 2.2h3M11.5 9.5l2 2-2 2",
  cross: "M4.5 4.5l7 7m0-7l-7 7",
  next: "M6 3.5L10.5 8 6 12.5",
  previous: "M10 3.5L5.5 8l4.5 4.5",
  picture: "M2.5 3h11v10h-11zM4.5 11l2.6-3.3 2 2.4 1.4-1.6 2 2.5M10.4 6.2h.1",
} as const;

export type Glyph = keyof typeof PATHS;

export function Icon({ name, filled = false }: { name: Glyph; filled?: boolean }) {
  return (
    <svg class={`ig-icon${filled ? " ig-is-filled" : ""}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
