/** The tools' line drawings; each button has a name beside its own. */

const PATHS = {
  brush:
    "M13.5 2.5l-5.7 5.7M7.6 8.4a2.3 2.3 0 0 0-2.9.5c-.7.9-.4 2.3-2.2 3.7 2.1.8 4.6.5 5.5-.9a2.3 2.3 0 0 0-.4-3.3z",
  eraser: "M6.5 13.5h7M2.8 10.3l6.8-6.8 3.4 3.4-6.6 6.6H4.9L2.8 11.4zM6.2 6.9l3.4 3.4",
  undo: "M6 3.5l-3 3 3 3M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7",
  redo: "M10 3.5l3 3-3 3M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9",
  invert: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11v11M8 5.3h4.6M8 8h5.3M8 10.7h4.6",
  fill: "M2.5 2.5h11v11h-11zM2.5 8.5l6-6M2.5 13.5l11-11M7.5 13.5l6-6",
  clear: "M3 4.5h10M6.3 4.5v-2h3.4v2M4.5 4.5l.6 9h5.8l.6-9",
  smaller: "M3.5 8h9",
  larger: "M8 3.5v9M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  open: "M8 10.5v-8M5 5.5l3-3 3 3M2.5 10.5v3h11v-3",
  save: "M8 2.5v8M5 7.5l3 3 3-3M2.5 10.5v3h11v-3",
} as const;

export type GlyphName = keyof typeof PATHS;

export const Glyph = ({ name }: { name: GlyphName }) => (
  <svg class="ig-icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
