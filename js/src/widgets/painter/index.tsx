/** The mask painter as a module of its own: a studio fetches it when somebody paints, and not before. */
import { render as mount } from "preact";
import { MaskPainter } from "../../components/masking/MaskPainter";
import type { Paint } from "../../components/studio/bench";

/** Shows the painter in `el`; the returned function takes it away. */
export const paint: Paint = (el, props) => {
  mount(<MaskPainter {...props} />, el);
  return () => mount(null, el);
};
