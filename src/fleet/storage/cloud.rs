//! An object store: `s3://`, `gs://` and `az://`, with credentials from the surroundings as each cloud's own programs take them.

use super::place::{Expected, Put, Storage, StorageError, Version};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

/// Documents under a prefix of a bucket.
#[derive(Debug)]
pub(super) struct Cloud {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    shown: String,
    runtime: Runtime,
}

impl Cloud {
    /// Opens the place at an address; none where the address is not of an object store.
    pub(super) fn open(url: &str) -> Result<Option<Self>, StorageError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Ok(None);
        };
        let failed = |what: String| StorageError {
            place: url.to_owned(),
            what,
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let address = format!("{scheme}://{bucket}");
        // Whoever has chosen another one before keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store: Result<Arc<dyn ObjectStore>, Error> = match scheme {
            "s3" => AmazonS3Builder::from_env()
                .with_url(address)
                .build()
                .map(|store| Arc::new(store) as _),
            "gs" => GoogleCloudStorageBuilder::from_env()
                .with_url(address)
                .build()
                .map(|store| Arc::new(store) as _),
            "az" => MicrosoftAzureBuilder::from_env()
                .with_url(address)
                .build()
                .map(|store| Arc::new(store) as _),
            _ => return Ok(None),
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Ok(Some(Self {
            store: store.map_err(|error| failed(error.to_string()))?,
            prefix: Path::parse(prefix.trim_end_matches('/'))
                .map_err(|error| failed(error.to_string()))?,
            shown: url.to_owned(),
            runtime: runtime.map_err(|error| failed(error.to_string()))?,
        }))
    }

    fn path(&self, name: &str) -> Path {
        name.split('/')
            .fold(self.prefix.clone(), |path, part| path.join(part))
    }

    fn failed(&self, name: &str, error: &Error) -> StorageError {
        StorageError {
            place: format!("{}/{name}", self.shown.trim_end_matches('/')),
            what: error.to_string(),
        }
    }
}

/// A version is what the store calls it: an entity tag, and a generation where there is one.
fn version_of(e_tag: Option<String>, version: Option<String>) -> Version {
    Version(serde_json::json!([e_tag, version]).to_string())
}

fn update_of(version: &Version) -> UpdateVersion {
    let (e_tag, version) = serde_json::from_str(&version.0).unwrap_or_default();
    UpdateVersion { e_tag, version }
}

impl Storage for Cloud {
    fn get(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        let path = self.path(name);
        let read = self.runtime.block_on(async {
            let found = self.store.get(&path).await?;
            let version = version_of(found.meta.e_tag.clone(), found.meta.version.clone());
            Ok((found.bytes().await?.to_vec(), version))
        });
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8], expected: &Expected) -> Result<Put, StorageError> {
        let path = self.path(name);
        let mode = match expected {
            Expected::Anything => PutMode::Overwrite,
            Expected::Nothing => PutMode::Create,
            Expected::This(version) => PutMode::Update(update_of(version)),
        };
        let options = PutOptions {
            mode,
            ..PutOptions::default()
        };
        let put = self.store.put_opts(&path, bytes.to_vec().into(), options);
        match self.runtime.block_on(put) {
            Ok(_) => Ok(Put::Written),
            Err(
                Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. },
            ) => Ok(Put::TooLate),
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let path = self.path(folder);
        let listed = self
            .runtime
            .block_on(self.store.list_with_delimiter(Some(&path)));
        let listed = listed.map_err(|error| self.failed(folder, &error))?;
        let names = listed
            .objects
            .iter()
            .filter_map(|object| object.location.filename());
        let mut names: Vec<String> = names.map(|name| format!("{folder}/{name}")).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn shown(&self) -> String {
        self.shown.clone()
    }
}
