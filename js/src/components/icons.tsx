/** Small line drawings in the colour of the text; the words beside them say the same. */

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7m0-7l-7 7",
  warning: "M8 4.5v4.2m0 2.6v.2",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="ig-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
