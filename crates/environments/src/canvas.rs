//! Lines, discs and rectangles on a white image, in the coordinates of an environment: y points up.

use image::{Rgb, RgbImage};

/// A colour.
pub type Colour = [u8; 3];

pub const WHITE: Colour = [255, 255, 255];
pub const BLACK: Colour = [40, 40, 40];
pub const GREY: Colour = [150, 150, 150];
pub const BLUE: Colour = [38, 112, 186];
pub const YELLOW: Colour = [230, 170, 30];
pub const GREEN: Colour = [60, 160, 90];
pub const RED: Colour = [200, 60, 60];

/// A full colour of the circle of hues: red at 0, green at a third, blue at two thirds.
pub fn hue(part: f64) -> Colour {
    [0.0, 2.0, 4.0].map(|shift| {
        let distance = ((6.0 * part - shift + 3.0).rem_euclid(6.0) - 3.0).abs();
        (255.0 * (2.0 - distance).clamp(0.0, 1.0)).round() as u8
    })
}

/// A point, or the two halves of a rectangle's size.
type Point = [f64; 2];

/// An image that is being drawn.
pub struct Canvas {
    image: RgbImage,
    /// The coordinates of the image's centre.
    centre: Point,
    /// Pixels per unit.
    scale: f64,
}

impl Canvas {
    /// A white image of `[width, height]` pixels around `centre`; `width` units fill its width.
    pub fn new([columns, rows]: [u32; 2], centre: Point, width: f64) -> Self {
        let image = RgbImage::from_pixel(columns, rows, Rgb(WHITE));
        Self { image, centre, scale: f64::from(columns) / width }
    }

    /// The image.
    pub fn finish(self) -> RgbImage {
        self.image
    }

    /// A line of this thickness, with round ends.
    pub fn line(&mut self, from: Point, to: Point, thickness: f64, colour: Colour) {
        let along = [to[0] - from[0], to[1] - from[1]];
        let squared = along[0] * along[0] + along[1] * along[1];
        let half = thickness / 2.0;
        let low = std::array::from_fn(|i| from[i].min(to[i]) - half);
        let high = std::array::from_fn(|i| from[i].max(to[i]) + half);
        self.fill([low, high], colour, |[x, y]| {
            let (x, y) = (x - from[0], y - from[1]);
            let part = ((x * along[0] + y * along[1]) / squared.max(1e-12)).clamp(0.0, 1.0);
            (x - part * along[0]).hypot(y - part * along[1]) - half
        });
    }

    /// Lines from each point to the next.
    pub fn path(&mut self, points: impl Iterator<Item = Point>, thickness: f64, colour: Colour) {
        let mut last = None;
        for point in points {
            self.line(last.unwrap_or(point), point, thickness, colour);
            last = Some(point);
        }
    }

    /// A filled circle.
    pub fn disc(&mut self, centre: Point, radius: f64, colour: Colour) {
        self.line(centre, centre, 2.0 * radius, colour);
    }

    /// A circle's outline.
    pub fn ring(&mut self, centre: Point, radius: f64, thickness: f64, colour: Colour) {
        let reach = radius + thickness / 2.0;
        let bounds = [centre.map(|value| value - reach), centre.map(|value| value + reach)];
        self.fill(bounds, colour, |[x, y]| {
            ((x - centre[0]).hypot(y - centre[1]) - radius).abs() - thickness / 2.0
        });
    }

    /// A filled rectangle with this centre and size, upright.
    pub fn rectangle(&mut self, centre: Point, size: Point, colour: Colour) {
        let low = std::array::from_fn(|i| centre[i] - size[i] / 2.0);
        let high = std::array::from_fn(|i| centre[i] + size[i] / 2.0);
        self.fill([low, high], colour, |[x, y]| {
            ((x - centre[0]).abs() - size[0] / 2.0).max((y - centre[1]).abs() - size[1] / 2.0)
        });
    }

    /// Fills a shape within bounds: `distance` is the distance to its outline, negative inside. A pixel that the
    /// outline crosses mixes the colours.
    fn fill(&mut self, [low, high]: [Point; 2], colour: Colour, distance: impl Fn(Point) -> f64) {
        let (columns, rows) = self.image.dimensions();
        let (middle, scale) = ([f64::from(columns) / 2.0, f64::from(rows) / 2.0], self.scale);
        let column = |x: f64| middle[0] + (x - self.centre[0]) * scale;
        let row = |y: f64| middle[1] - (y - self.centre[1]) * scale;
        // A cast to an integer keeps within its range.
        let range = |from: f64, to: f64, end: u32| {
            (from - 1.0).floor() as u32..((to + 1.0).ceil() as u32).min(end)
        };
        let (across, down) = (
            range(column(low[0]), column(high[0]), columns),
            range(row(high[1]), row(low[1]), rows),
        );
        for y in down {
            for x in across.clone() {
                let point = [
                    self.centre[0] + (f64::from(x) + 0.5 - middle[0]) / scale,
                    self.centre[1] - (f64::from(y) + 0.5 - middle[1]) / scale,
                ];
                let cover = (0.5 - distance(point) * scale).clamp(0.0, 1.0);
                let pixel = &mut self.image.get_pixel_mut(x, y).0;
                for (value, new) in pixel.iter_mut().zip(colour) {
                    let mixed = f64::from(*value) * (1.0 - cover) + f64::from(new) * cover;
                    *value = mixed.round() as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_lies_where_its_coordinates_say_and_its_edge_is_mixed() {
        let mut canvas = Canvas::new([30, 20], [1.0, 2.0], 3.0);
        // From 5 pixels left of the centre to 5.5 right of it, and upwards from the centre by 3 pixels.
        canvas.rectangle([1.025, 2.15], [1.05, 0.3], BLACK);
        let image = canvas.finish();
        let pixel = |x, y| image.get_pixel(x, y).0;
        assert_eq!([pixel(10, 9), pixel(19, 7)], [BLACK; 2]);
        assert_eq!([pixel(9, 9), pixel(10, 10), pixel(21, 9), pixel(15, 6)], [WHITE; 4]);
        assert_eq!(pixel(20, 8), [148; 3]);
    }

    #[test]
    fn hues_go_round_the_circle() {
        assert_eq!([hue(0.0), hue(1.0 / 3.0), hue(0.5)], [[255, 0, 0], [0, 255, 0], [0, 255, 255]]);
    }

    #[test]
    fn shapes_outside_the_image_are_cut() {
        let mut canvas = Canvas::new([4, 4], [0.0, 0.0], 4.0);
        canvas.line([-1e9, 0.0], [1e9, 0.0], 2.0, RED);
        canvas.disc([50.0, -50.0], 3.0, RED);
        canvas.ring([0.0, 0.0], 99.0, 1.0, RED);
        let image = canvas.finish();
        assert_eq!(image.get_pixel(0, 0).0, WHITE);
        assert_eq!(image.get_pixel(3, 2).0, RED);
    }
}
