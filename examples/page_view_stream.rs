//! The page views of a web site: views per page, the share of errors per zip code, the users of the last 15 seconds, and who
//! they are, from a table of users.
//!
//! Run it with `cargo run --release --example page_view_stream`: it makes up 200 views a second and ends after ten batches.
//! With `-- --metric NAME` behind it, it fills only one of the tables `page-counts`, `error-rates`, `active-users` and `popular-users`.

use std::collections::HashMap;

use microbatch::cli::Cli;
use microbatch::prelude::*;

#[derive(Clone, Debug, Record)]
struct PageView {
    url: &'static str,
    status: u16,
    zip_code: u32,
    user: u64,
}

/// The n-th view.
fn page_view(n: u64) -> PageView {
    const URLS: [&str; 4] = ["/", "/news", "/contact", "/shop"];
    let random = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize;
    let zip_code = if random.is_multiple_of(3) { 94117 } else { 94709 };
    let fails = random.is_multiple_of(if zip_code == 94117 { 5 } else { 20 });
    PageView {
        url: URLS[[0, 0, 0, 1, 1, 2, 3][random % 7]],
        status: if fails { 404 } else { 200 },
        zip_code,
        user: (random / 7 % 100) as u64 + 1,
    }
}

fn users() -> HashMap<u64, String> {
    let names = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus"];
    (1..=100).map(|user| (user, format!("{} {user}", names[user as usize % names.len()]))).collect()
}

fn page_views(shows: impl Fn(&str) -> bool + Send + Sync) -> impl Pipeline {
    stream!(every = 1s, name = "page-view-stream", |ssc| {
        let users = users();
        let views = ssc.rate_stream(200).map(page_view);

        let pages = views.map(|view| view.url).count_by_value().filter(|_| shows("page-counts"));
        pages.sort_by_key().print_table(["page", "views"]);

        let statuses = views.window(10s, 2s).map(|view| (view.zip_code, view.status));
        let rates = statuses.group_by_key().map_values(|statuses| {
            let errors = statuses.iter().filter(|status| **status >= 400).count();
            format!("{:.1} %", errors as f64 / statuses.len() as f64 * 100.0)
        });
        rates.filter(|_| shows("error-rates")).sort_by_key().print_table(["zip code", "errors in 10 s"]);

        let active = views.map(|view| view.user).count_by_value_and_window(15s, 5s);
        active.count().filter(|_| shows("active-users")).print_table(["users in the last 15 s"]);

        let most = active.map(|(user, n)| (n, user)).top(3).filter(|_| shows("popular-users"));
        let names = most.map(|(n, user)| (users.get(&user).map_or("?", |name| name).to_owned(), n));
        names.print_table(["user", "views in the last 15 s"]);
    })
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Watches the page views of a web site.")
        .option("metric", "NAME", "page-counts, error-rates, active-users or popular-users; all without it")
        .parse();
    let metric: Option<String> = cli.value("metric");
    let shows = move |name: &str| metric.as_ref().is_none_or(|metric| metric == name);
    cli.run_with(page_views(shows), |context| context.batches(10))
}
