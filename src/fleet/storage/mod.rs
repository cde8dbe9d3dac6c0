//! Where results lie: a folder, or an object store. Names are relative, with `/`; what is written is there whole or not at all.

#[cfg(feature = "cloud")]
mod cloud;
mod folder;
mod place;

pub(crate) use folder::Folder;
pub(crate) use place::{Expected, Put, Storage, StorageError, Version};

use std::path::Path;

/// The place at an address: an object store (`s3://`, `gs://`, `az://`), or a folder. A folder is made where `is_made` says so.
pub(crate) fn open(place: &str, is_made: bool) -> Result<Box<dyn Storage>, StorageError> {
    if is_cloud(place) {
        return open_cloud(place);
    }
    let path = Path::new(place.strip_prefix("file://").unwrap_or(place));
    Ok(Box::new(match is_made {
        true => Folder::create(path)?,
        false => Folder::open(path)?,
    }))
}

/// Whether an address is one of an object store.
pub(crate) fn is_cloud(place: &str) -> bool {
    ["s3://", "gs://", "az://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

#[cfg(feature = "cloud")]
fn open_cloud(place: &str) -> Result<Box<dyn Storage>, StorageError> {
    match cloud::Cloud::open(place)? {
        Some(cloud) => Ok(Box::new(cloud)),
        None => Err(StorageError {
            place: place.to_owned(),
            what: "this is no address of an object store".to_owned(),
        }),
    }
}

#[cfg(not(feature = "cloud"))]
fn open_cloud(place: &str) -> Result<Box<dyn Storage>, StorageError> {
    Err(StorageError {
        place: place.to_owned(),
        what: "this mageshift was built without object stores; take a release, build it with `--features cloud`, or mount the bucket as a folder"
            .to_owned(),
    })
}
