//! What a name in a directory stands for.

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain file.
    File,
    /// A directory itself; a link to one is a [`Kind::Link`].
    Directory,
    /// A symbolic link, wherever it leads. It is not followed.
    Link,
    /// A pipe, a device, a socket.
    Other,
}
