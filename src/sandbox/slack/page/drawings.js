const svgNamespace = 'http://www.w3.org/2000/svg';

/**
 * Small drawings, so that the page looks the same where no emoji font is installed (servers, containers). 20 × 20 units; each is
 * a list of shapes: path data, and what to fill or stroke it with.
 */
const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const disc = (color) => [{ fill: color, d: circle(10, 10, 7.5) }];
const boxed = (color, d) => [
  { fill: color, d: 'M4 2h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z' },
  { stroke: '#fff', width: 2.2, d },
];
const line = (d, width = 1.7) => [{ stroke: 'currentColor', width, d }];
const octagon = 'M6.3 1.5h7.4l4.8 4.8v7.4l-4.8 4.8H6.3l-4.8-4.8V6.3z';
const hourglass = [
  { fill: '#c58b2a', d: 'M4 1h12v2.2H4zM4 16.8h12V19H4z' },
  { fill: '#e8d5ad', d: 'M5.5 3.2h9c0 3.6-2.6 5-3 6.8.4 1.8 3 3.2 3 6.8h-9c0-3.6 2.6-5 3-6.8-.4-1.8-3-3.2-3-6.8z' },
];

const drawings = {
  reply: line('M3 4.5h14v9H9l-4 3v-3H3z'),
  shortcut: line('M11 2 4.5 11.5H9L8 18l7-9.5h-4.5z'),
  pin: line('M7 2.5h6l-1 6 3 3H5l3-3zM10 11.5V18'),
  eye: line('M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 8.2a1.8 1.8 0 1 0 .01 0'),
  send: [{ fill: 'currentColor', d: 'M3 3.5 18 10 3 16.5 5.2 11 12 10 5.2 9z' }],
  white_check_mark: boxed('#1a9c63', 'M5.5 10.5 9 14l6-8'),
  heavy_check_mark: [{ stroke: '#1a9c63', width: 2.6, d: 'M3.5 10.5 8 15l8.5-10' }],
  x: [{ stroke: '#d92645', width: 3, d: 'M4.5 4.5l11 11M15.5 4.5l-11 11' }],
  warning: [
    { fill: '#f2b01e', d: 'M10 1.8 19 18H1z' },
    { stroke: '#332500', width: 2, d: 'M10 7.5v5M10 15v.4' },
  ],
  no_entry: [
    { fill: '#d92645', d: circle(10, 10, 8.5) },
    { stroke: '#fff', width: 3, d: 'M5.5 10h9' },
  ],
  no_entry_sign: [{ stroke: '#d92645', width: 2.4, d: `${circle(10, 10, 7.5)}M4.8 4.8l10.4 10.4` }],
  octagonal_sign: [
    { fill: '#d92645', d: octagon },
    { stroke: '#fff', width: 2, d: 'M6 10h8' },
  ],
  rotating_light: [
    { fill: '#d92645', d: 'M5 15V9.5a5 5 0 0 1 10 0V15z' },
    { fill: '#7a8089', d: 'M3 15.5h14V18H3z' },
    { stroke: '#f2b01e', width: 1.6, d: 'M10 .8v1.8M2.5 4l1.4 1.2M17.5 4l-1.4 1.2' },
  ],
  red_circle: disc('#d92645'),
  large_green_circle: disc('#1a9c63'),
  large_yellow_circle: disc('#f2c31e'),
  large_orange_circle: disc('#ec7a1c'),
  large_blue_circle: disc('#2b7fd4'),
  white_circle: [{ fill: '#e8e8ea', stroke: '#8d8794', width: 1, d: circle(10, 10, 7) }],
  information_source: boxed('#2b7fd4', 'M10 9v6M10 5.2v.4'),
  hourglass,
  hourglass_flowing_sand: hourglass,
  mag: [{ stroke: '#5b7d9e', width: 2.2, d: `${circle(8, 8, 5)}M12 12l6 6` }],
  bell: [{ fill: '#f2b01e', d: 'M3 15c2-2 2-4 2-6a5 5 0 0 1 10 0c0 2 0 4 2 6zM8 16.5h4a2 2 0 0 1-4 0z' }],
  memo: [
    { fill: '#f4f1e8', stroke: '#8d8794', width: 1, d: 'M3.5 1.5h11v17h-11z' },
    { stroke: '#5b7d9e', width: 1.2, d: 'M6 6h6M6 9h6M6 12h4' },
    { stroke: '#ec7a1c', width: 2.2, d: 'M17.5 7 11 15.5' },
  ],
  lock: [
    { fill: '#f2b01e', d: 'M4 9h12v9H4z' },
    { stroke: '#7a8089', width: 2, d: 'M6.5 9V6a3.5 3.5 0 0 1 7 0v3' },
  ],
  shield: [{ fill: '#2b7fd4', d: 'M10 1.5 17.5 4v6c0 4.5-3.5 7-7.5 8.5C6 17 2.5 14.5 2.5 10V4z' }],
  bulb: [
    { fill: '#f2c31e', d: 'M10 1.5a6 6 0 0 1 3.5 10.8V14h-7v-1.7A6 6 0 0 1 10 1.5z' },
    { fill: '#7a8089', d: 'M7 15h6v3.5H7z' },
  ],
  eyes: [
    { fill: '#fff', stroke: '#5f5b64', width: 1, d: `${circle(5.5, 10, 4)}${circle(14.5, 10, 4)}` },
    { fill: '#1d1c1d', d: `${circle(4.2, 10, 1.8)}${circle(13.2, 10, 1.8)}` },
  ],
  fire: [
    { fill: '#ec5a1c', d: 'M10 1c1 4 6 6 6 11a6 6 0 0 1-12 0c0-2.5 1.5-4 2.5-5 .5 1 1 1.5 1.5 2C9 6.5 9 4 10 1z' },
    { fill: '#f2c31e', d: 'M10 10c1 2 3 2.5 3 5a3 3 0 0 1-6 0c0-2 2-3 3-5z' },
  ],
  leftwards_arrow_with_hook: boxed('#2b7fd4', 'M7 5 4.5 8 7 11M4.5 8H12a3 3 0 0 1 0 6H9'),
  rewind: boxed('#2b7fd4', 'M9.5 6l-4 4 4 4M15 6l-4 4 4 4'),
  arrow_right: boxed('#2b7fd4', 'M5 10h9M11 6l4 4-4 4'),
  arrows_counterclockwise: boxed('#2b7fd4', 'M6 8a4.5 4.5 0 0 1 8-1.5M14 12a4.5 4.5 0 0 1-8 1.5M14 4v3h-3M6 16v-3h3'),
  double_vertical_bar: boxed('#2b7fd4', 'M7.5 6v8M12.5 6v8'),
  black_square_for_stop: boxed('#2b7fd4', 'M7 7h6v6H7z'),
  wrench: [
    { stroke: '#7a8089', width: 3, d: 'M3.5 16.5 11 9' },
    { stroke: '#7a8089', width: 2.4, d: 'M16.8 4.8a4 4 0 1 1-2.6-2.2L12.5 5l2 2z' },
  ],
  zap: [{ fill: '#f2b01e', d: 'M11.5 1 4 11.5h4.5L7.5 19 16 8h-5z' }],
  link: [
    {
      stroke: '#7a8089',
      width: 2,
      d: 'M8.5 11.5 12 8M9 5.5l2-2a3.7 3.7 0 0 1 5.3 5.3l-2 2M11 14.5l-2 2A3.7 3.7 0 0 1 3.7 11.2l2-2',
    },
  ],
};

/** The drawing of that name, or undefined. Drawings are ornaments: what they mean is said beside them or in a label. */
export function drawing(name) {
  if (!Object.hasOwn(drawings, name)) return undefined;
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'drawing');
  svg.setAttribute('aria-hidden', 'true');
  for (const { d, fill, stroke, width } of drawings[name]) {
    const path = document.createElementNS(svgNamespace, 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', fill ?? 'none');
    if (stroke) {
      path.setAttribute('stroke', stroke);
      path.setAttribute('stroke-width', String(width));
      path.setAttribute('stroke-linecap', 'round');
      path.setAttribute('stroke-linejoin', 'round');
    }
    svg.append(path);
  }
  return svg;
}
