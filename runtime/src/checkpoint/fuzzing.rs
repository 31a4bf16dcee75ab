//! The readers, for fuzz targets: they take any bytes, do not panic, and what they accept is written back as it was.

use super::frame::{FileKind, HEADER, begin_frame, check_header, end_frame, put_header};
use super::journal::Stamped;
use super::manifest::Manifest;
use super::pieces::{Label, check_pieces};
use super::scan::scan;

/// A whole journal file.
pub fn journal(bytes: &[u8]) {
    if check_header(bytes, FileKind::Journal).is_err() {
        return;
    }
    if let Ok(scan) = scan(bytes) {
        assert!(scan.length <= bytes.len() as u64 && !scan.entries.is_empty());
    }
}

/// The payload of a journal's frame. No checksum keeps the fuzzer away from the decoder.
pub fn journal_entry(payload: &[u8]) {
    if let Ok(stamped) = Stamped::decode(payload) {
        let mut again = Vec::new();
        stamped.put(&mut again);
        // The first frame is never stamped.
        assert_eq!(Stamped::decode(&again).map(|stamped| stamped.entry), Ok(stamped.entry));
    }
}

/// A journal of frames that are whole, with these payloads, and an end that is not.
pub fn journal_of(payloads: &[&[u8]], torn: &[u8]) {
    let mut bytes = Vec::new();
    put_header(&mut bytes, FileKind::Journal);
    for payload in payloads {
        let start = begin_frame(&mut bytes);
        bytes.extend_from_slice(payload);
        end_frame(&mut bytes, start);
    }
    bytes.extend_from_slice(torn);
    journal(&bytes);
}

/// The payload of a manifest.
pub fn manifest(payload: &[u8]) {
    if let Ok(mut manifest) = Manifest::decode(payload) {
        let mut again = Vec::new();
        manifest.put(&mut again);
        assert_eq!(again, payload);
        manifest.states.iter_mut().for_each(|state| state.retain_live());
        manifest.drop_dead_files();
    }
}

/// A whole state file, or what stands behind its header.
pub fn pieces(bytes: &[u8]) {
    let _ = Label::decode(bytes);
    let length = HEADER + bytes.len() as u64;
    if let Err((at, _)) = check_pieces(bytes, length) {
        assert!(at < length);
    }
    if check_header(bytes, FileKind::State).is_ok() {
        let _ = check_pieces(&bytes[HEADER as usize..], bytes.len() as u64);
    }
}
