//! How much of a screen each part of the verdict may take.

/// How many of Composer's reasons stand where nothing else says why.
pub(super) const MOST_REASONS: usize = 3;

/// How much room each part may take.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Lines of what to do about a finding.
    pub(super) advice: usize,
    /// More findings than these with one code are told as one.
    pub(super) alike: usize,
    /// Lines of the names of those that are told as one.
    pub(super) names: usize,
    /// Rows of extensions.
    pub(super) extensions: usize,
    /// Rows of libraries.
    pub(super) libraries: usize,
    /// Rows of files.
    pub(super) files: usize,
    /// Lines of why a blocker stands in the way.
    pub(super) reasons: usize,
    /// Rows of notes, which are told by their titles.
    pub(super) notes: usize,
}

/// How many lines the names of findings take that are told as one, where there is room.
pub(super) const MOST_NAMES: usize = 8;

/// From much room to little; the first with which all fits the screen is taken.
pub(super) const ROOMS: [Room; 9] = [
    room(2, 6, 12, 8, 12, 9, 9),
    room(2, 3, 8, 4, 8, 9, 6),
    room(2, 3, 4, 0, 4, 6, 6),
    room(2, 1, 3, 0, 3, 6, 4),
    room(2, 1, 3, 0, 3, 4, 0),
    room(2, 1, 0, 0, 0, 3, 0),
    room(1, 1, 3, 0, 3, 2, 0),
    room(1, 1, 0, 0, 0, 1, 0),
    room(0, 1, 0, 0, 0, 0, 0),
];

const fn room(
    advice: usize,
    alike: usize,
    extensions: usize,
    libraries: usize,
    files: usize,
    reasons: usize,
    notes: usize,
) -> Room {
    Room {
        advice,
        alike,
        names: 1,
        extensions,
        libraries,
        files,
        reasons,
        notes,
    }
}
