//! The colours, in light and dark mode.

use plotters::style::RGBColor;

/// The colour of text and axes. [`CSS`] replaces it in dark mode.
pub const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);

/// The colour of grid lines. [`CSS`] replaces it in dark mode.
pub const GRID: RGBColor = RGBColor(0xd8, 0xdc, 0xe2);

/// The colours of series, in order: of medium brightness, and distinct for colour-blind readers, too (after Okabe and
/// Ito 2008, "Color universal design").
pub const SERIES: [RGBColor; 10] = [
    RGBColor(0x1f, 0x83, 0xc4),
    RGBColor(0xd5, 0x6a, 0x11),
    RGBColor(0x0f, 0x9d, 0x76),
    RGBColor(0xc5, 0x6c, 0xa4),
    RGBColor(0xb8, 0x8a, 0x00),
    RGBColor(0x7a, 0x6f, 0xd0),
    RGBColor(0xc2, 0x3b, 0x4b),
    RGBColor(0x4f, 0xa3, 0xb8),
    RGBColor(0x8a, 0x6d, 0x5a),
    RGBColor(0x7d, 0x9a, 0x2c),
];

/// The style sheet of every page. Plots are drawn in the colours of light mode, and dark mode selects elements by these
/// colours, because the plots' SVG has no CSS variables.
pub const CSS: &str = "
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --grid: #d8dce2; --ground: #ffffff;
  --panel: #f6f8fa; --accent: #1f83c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa5b1; --grid: #3a424c;
  --ground: #0f1419; --panel: #181e25; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p { margin: .4rem 0; max-width: 60rem; } .soft { color: var(--soft); }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.plots > figure { flex: 0 1 calc(50% - .5rem); min-width: min(100%, 26rem); }
figure { margin: 0; } figcaption { font-size: .85rem; color: var(--soft); }
svg { max-width: 100%; height: auto; background: var(--panel); border-radius: 6px; }
svg [fill='#1F2328'] { fill: var(--ink); } svg [stroke='#1F2328'] { stroke: var(--ink); }
svg [stroke='#D8DCE2'] { stroke: var(--grid); } svg [fill='#D8DCE2'] { fill: var(--grid); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .7rem .15rem 0; text-align: right; vertical-align: top; }
th { font-weight: 600; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; }
.facts td { text-align: left; } .facts td:first-child { color: var(--soft); white-space: nowrap; }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; }
.pictures figure { width: 6.4rem; overflow-wrap: anywhere; line-height: 1.25; }
.pictures img { width: 5.6rem; } img { image-rendering: pixelated; max-width: 100%; }
.batch { width: 100%; }
.grids figure { width: auto; } .grids img { width: auto; }
pre { background: var(--panel); padding: 1rem; border-radius: 6px; overflow-x: auto; font-size: .85rem; }
summary { cursor: pointer; }
.heat { overflow-x: auto; } .heat th { font-weight: 400; border: 0; padding: 0 .4rem; white-space: pre; text-align: right; }
.heat th > span { writing-mode: vertical-rl; transform: rotate(180deg); }
.heat td { width: 1.4rem; min-width: 1.4rem; height: 1.4rem; padding: 0; border: 1px solid var(--grid);
  background: color-mix(in srgb, var(--accent) var(--weight, 0%), transparent); }
";
