//! The samples as an image: memory, tasks and sockets, calls, failures by kind, one below the other.

use crate::samples::{Sample, Samples};
use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color, DrawingArea, IntoDrawingArea, IntoFont, LineSeries, Palette,
    Palette99, PathElement, SVGBackend, WHITE,
};
use std::error::Error;
use std::path::Path;

const SIZE: (u32, u32) = (1200, 1300);
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A line of a panel, and whether its rests are marked.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
    rests: Vec<(f64, f64)>,
}

pub(crate) fn draw(path: &Path, name: &str, samples: &Samples) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let area = area.titled(&format!("soak: {name}"), ("sans-serif", 24))?;
    let panels = area.split_evenly((4, 1));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let memory = [held("heap", samples, |it| mib(it.heap)), held("resident", samples, |it| mib(it.resident))];
    panel(&panels[0], "memory, MiB; rests are dots", &memory)?;
    let counts =
        [held("tasks", samples, |it| it.tasks as f64), held("sockets", samples, |it| it.sockets as f64)];
    panel(&panels[1], "tasks and sockets", &counts)?;
    panel(&panels[2], "calls that succeeded, per second", &[rate("calls", samples, |it| it.done)])?;
    let kinds = samples.kinds();
    let failures: Vec<Line> = kinds
        .iter()
        .map(|kind| rate(kind, samples, |it| it.failed.get(kind).copied().unwrap_or(0)))
        .collect();
    panel(&panels[3], "calls that failed, per second, by kind", &failures)?;
    area.present()?;
    Ok(())
}

/// Something that is held, over time.
fn held(name: &str, samples: &Samples, what: impl Fn(&Sample) -> f64) -> Line {
    let points = |rests: bool| {
        let of_interest = samples.0.iter().filter(|sample| !rests || sample.rests);
        of_interest.map(|sample| (sample.seconds, what(sample))).collect()
    };
    Line { name: name.to_owned(), points: points(false), rests: points(true) }
}

/// How fast a count grows.
fn rate(name: &str, samples: &Samples, what: impl Fn(&Sample) -> u64) -> Line {
    let regular: Vec<&Sample> = samples.0.iter().filter(|sample| !sample.rests).collect();
    let points = regular
        .windows(2)
        .map(|pair| {
            let time = (pair[1].seconds - pair[0].seconds).max(1e-3);
            (pair[1].seconds, (what(pair[1]) - what(pair[0])) as f64 / time)
        })
        .collect();
    Line { name: name.to_owned(), points, rests: Vec::new() }
}

fn panel(area: &Area<'_>, title: &str, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let highest = |part: fn(&(f64, f64)) -> f64, least: f64| {
        lines.iter().flat_map(|line| &line.points).map(part).fold(least, f64::max)
    };
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..highest(|it| it.0, 1.0), 0.0..highest(|it| it.1, 1.0) * 1.05)?;
    chart.configure_mesh().light_line_style(WHITE).label_style(("sans-serif", 12).into_font()).draw()?;
    for (index, line) in lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), color))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
        chart.draw_series(line.rests.iter().map(|at| Circle::new(*at, 3, color.filled())))?;
    }
    if !lines.is_empty() {
        chart.configure_series_labels().border_style(BLACK).background_style(WHITE.mix(0.8)).draw()?;
    }
    Ok(())
}
