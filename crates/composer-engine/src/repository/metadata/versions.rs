//! The versions of a package in one repository.

use super::document_versions::Document;
use super::notices::Notices;
use crate::format::package::{BranchAlias, Package};
use crate::format::version::Version;
use crate::format::version::stability::Stability;
use crate::repository::error::RepositoryError;
use std::sync::{Arc, OnceLock};

/// What a repository answers when it is asked for a name.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// The repository has the package, though maybe no version of it.
    Versions(Arc<Versions>),
    /// The repository does not have the package.
    Absent,
    /// The repository could not be asked, or its answer could not be read.
    Unavailable(Arc<RepositoryError>),
}

/// The versions of one package in one repository.
#[derive(Debug, Default)]
pub struct Versions {
    /// In the order of the document, those of the `~dev` document last.
    pub records: Vec<Record>,
    /// What the document says against some of them.
    pub notices: Notices,
}

/// One version. Its identity is at hand; its links are read when they are first asked for.
#[derive(Debug, Clone)]
pub struct Record {
    version: Version,
    // Boxed, as few versions have an alias and there are many versions.
    branch_alias: Option<Box<BranchAlias>>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// The object at `index` of `document`, loaded once it was asked for.
    Document {
        document: Arc<Document>,
        index: usize,
        package: OnceLock<Arc<Package>>,
    },
    Loaded(Arc<Package>),
}

impl Versions {
    /// With the versions of another document behind its own. What is said against versions is what this one says.
    pub(crate) fn with(&self, more: &Versions) -> Versions {
        Versions {
            records: [self.records.as_slice(), &more.records].concat(),
            notices: self.notices.clone(),
        }
    }

    /// About how many bytes it takes, with what was read of it so far.
    pub(crate) fn weight(&self) -> usize {
        let records = self.records.iter().map(|record| {
            let loaded = match &record.content {
                Content::Document { package, .. } => package.get(),
                Content::Loaded(package) => Some(package),
            };
            size_of::<Record>() + loaded.map_or(0, |package| package.weight())
        });
        // Those of one document follow each other.
        let mut documents = 0;
        let mut last: Option<&Arc<Document>> = None;
        for record in &self.records {
            if let Content::Document { document, .. } = &record.content
                && !last.is_some_and(|last| Arc::ptr_eq(last, document))
            {
                documents += document.versions.weight();
                last = Some(document);
            }
        }
        records.sum::<usize>() + documents
    }
}

impl Record {
    pub(crate) fn in_document(
        version: Version,
        branch_alias: Option<BranchAlias>,
        document: Arc<Document>,
        index: usize,
    ) -> Record {
        let content = Content::Document {
            document,
            index,
            package: OnceLock::new(),
        };
        Record {
            version,
            branch_alias: branch_alias.map(Box::new),
            content,
        }
    }

    /// A version whose package is at hand.
    pub fn loaded(package: Arc<Package>) -> Record {
        Record {
            version: package.version.clone(),
            branch_alias: package.branch_alias.clone().map(Box::new),
            content: Content::Loaded(package),
        }
    }

    /// The normalised version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The version as its author writes it.
    pub fn pretty_version(&self) -> &str {
        &self.package().pretty_version
    }

    /// How stable the version is; that of its alias may differ.
    pub fn stability(&self) -> Stability {
        self.version.stability()
    }

    /// The version that this one is also known by.
    pub fn branch_alias(&self) -> Option<&BranchAlias> {
        self.branch_alias.as_deref()
    }

    /// The whole package, read from the document on first use.
    pub fn package(&self) -> &Arc<Package> {
        match &self.content {
            Content::Document {
                document,
                index,
                package,
            } => package.get_or_init(|| {
                Arc::new(document.package(&self.version, self.branch_alias(), *index))
            }),
            Content::Loaded(package) => package,
        }
    }
}
