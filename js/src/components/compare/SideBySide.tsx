/** Two to nine pictures beside each other; zoom, shift and the loupe mean the same place in all of them. */
import type { Signal } from "@preact/signals";
import type { Compared } from "../../contract/compare";
import { useZoom, type Zoom } from "../zoom/useZoom";
import { Layer } from "./Layer";
import { pointOn, type WayProps } from "./views";

/** A place on the pictures, in parts of their size. */
export type Spot = { u: number; v: number } | null;

const LOUPE_RADIUS_PX = 70;
const LOUPE_TIMES = 3;

export interface SideProps extends WayProps {
  loupe: Signal<boolean>;
  spot: Signal<Spot>;
}

interface PaneProps extends Pick<SideProps, "transform" | "pixels" | "loupe" | "spot"> {
  picture: Compared;
  index: number;
}

function Loupe({
  zoom,
  url,
  transform,
  spot,
}: { zoom: Zoom; url: string } & Pick<PaneProps, "transform" | "spot">) {
  const at = spot.value;
  if (at === null) return null;
  const { scale, x, y } = transform.value;
  const { width, height } = zoom.size.value;
  const [dx, dy] = [((at.u - 0.5) * scale + x) * width, ((at.v - 0.5) * scale + y) * height];
  const [bigX, bigY] = [width * scale * LOUPE_TIMES, height * scale * LOUPE_TIMES];
  return (
    <div
      class="ig-compare-loupe"
      aria-hidden="true"
      style={{
        transform: `translate(${dx}px, ${dy}px)`,
        backgroundImage: `url("${url}")`,
        backgroundSize: `${bigX}px ${bigY}px`,
        backgroundPosition: `${LOUPE_RADIUS_PX - at.u * bigX}px ${LOUPE_RADIUS_PX - at.v * bigY}px`,
      }}
    />
  );
}

function Pane({ picture, index, transform, pixels, loupe, spot }: PaneProps) {
  const zoom = useZoom({ transform, picture: () => picture, wheelAlone: false });
  const found = pixels.picture(index).value;
  const url = found !== null && "url" in found ? found.url : "";
  const moved = (event: PointerEvent) => {
    const box = zoom.pane.current?.getBoundingClientRect();
    if (!loupe.value || box === undefined) return;
    const [dx, dy] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
    spot.value = pointOn(dx, dy, zoom.size.value, transform.value);
  };
  return (
    <li class="ig-compare-side__one">
      <div class="ig-compare-pane" ref={zoom.pane} onPointerMove={moved}>
        <Layer
          picture={picture}
          index={index}
          zoom={zoom}
          transform={transform}
          pixels={pixels}
          magnified={loupe.value ? LOUPE_TIMES : 1}
        />
        {loupe.value && url !== "" && <Loupe zoom={zoom} url={url} transform={transform} spot={spot} />}
      </div>
      <p class="ig-compare-side__label" dir="auto">
        {picture.label}
      </p>
    </li>
  );
}

/** Columns for a number of pictures, where there is room. */
export const columnsFor = (count: number): number => (count <= 3 ? count : count === 4 ? 2 : 3);

export function SideBySide({ pictures, transform, pixels, loupe, spot }: SideProps) {
  return (
    <ul
      class="ig-compare-side"
      // biome-ignore lint/a11y/noRedundantRoles: without list marks, some browsers forget that it is a list.
      role="list"
      style={{ "--ig-columns": String(columnsFor(pictures.length)) }}
      onPointerLeave={() => {
        spot.value = null;
      }}
    >
      {pictures.map((picture, index) => (
        <Pane
          key={index}
          picture={picture}
          index={index}
          transform={transform}
          pixels={pixels}
          loupe={loupe}
          spot={spot}
        />
      ))}
    </ul>
  );
}
