//! Which formats go where: the pairing of `--format` and `-o`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use crate::args::ScanArgs;
use crate::output::Format;

/// The report that is written when nothing is asked for.
const DEFAULT_REPORT: &str = "sekisho-report.html";

/// One thing to write; without a path it goes to standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) format: Format,
    pub(crate) path: Option<PathBuf>,
}

/// What the arguments ask for.
pub(crate) fn targets(args: &ScanArgs) -> Result<Vec<Target>> {
    pair(&args.format, &args.output, args.no_report)
}

fn pair(formats: &[Format], paths: &[PathBuf], no_report: bool) -> Result<Vec<Target>> {
    let target = |format: Format, path: &Path| Target { format, path: Some(path.to_owned()) };
    match (formats, paths) {
        ([], []) if no_report => Ok(Vec::new()),
        ([], []) => Ok(vec![target(Format::Html, Path::new(DEFAULT_REPORT))]),
        ([format], []) => Ok(vec![Target { format: *format, path: None }]),
        (_, []) => {
            bail!("several formats cannot share standard output; name a file for each with -o, or one stem for all")
        }
        ([], paths) => paths
            .iter()
            .map(|path| {
                let format = Format::of_path(path)
                    .ok_or_else(|| anyhow!("{}: the ending names no format; say it with --format", path.display()))?;
                Ok(target(format, path))
            })
            .collect(),
        (formats, paths) if formats.len() == paths.len() => {
            Ok(formats.iter().zip(paths).map(|(format, path)| target(*format, path)).collect())
        }
        (formats, [stem]) => Ok(formats
            .iter()
            .map(|format| target(*format, &PathBuf::from(format!("{}.{}", stem.display(), format.extension()))))
            .collect()),
        (formats, paths) => bail!(
            "{} formats and {} files cannot be paired; give one file for each format, or one stem for all",
            formats.len(),
            paths.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_files_are_paired() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let names = |formats: &[Format], files: &[&str]| {
            pair(formats, &paths(files), false).map(|targets| {
                targets
                    .iter()
                    .map(|target| {
                        format!(
                            "{}:{}",
                            target.format.name(),
                            target.path.as_deref().map_or("-".into(), |path| path.display().to_string())
                        )
                    })
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(names(&[], &[]).unwrap(), ["html:sekisho-report.html"]);
        assert_eq!(names(&[Format::Json], &[]).unwrap(), ["json:-"]);
        assert_eq!(names(&[], &["a.csv", "b.asff.json"]).unwrap(), ["csv:a.csv", "asff:b.asff.json"]);
        assert_eq!(names(&[Format::Asff], &["x.json"]).unwrap(), ["asff:x.json"]);
        assert_eq!(
            names(&[Format::Html, Format::Csv], &["out/report"]).unwrap(),
            ["html:out/report.html", "csv:out/report.csv"]
        );
        assert!(names(&[], &["a.pdf"]).is_err());
        assert!(names(&[Format::Html, Format::Csv], &[]).is_err());
        assert!(names(&[Format::Html], &["a", "b"]).is_err());
    }
}
