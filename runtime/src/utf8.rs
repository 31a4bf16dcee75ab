//! Bytes to text, validated once.

/// Takes the bytes as text if they are UTF-8, without a copy; gives them back otherwise.
#[allow(unsafe_code)]
pub(crate) fn into_string(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match simdutf8::basic::from_utf8(&bytes) {
        // SAFETY: the line above has just validated exactly these bytes, and nothing can have changed them since: they are owned.
        Ok(_) => Ok(unsafe { String::from_utf8_unchecked(bytes) }),
        Err(_) => Err(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_standard_library() {
        let samples: [&[u8]; 7] =
            [b"", b"plain", "ä€𝄞".as_bytes(), b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"];
        for sample in samples {
            for padding in [0, 1, 63, 64, 200] {
                let bytes = [vec![b'.'; padding], sample.to_vec(), vec![b'.'; padding]].concat();
                assert_eq!(into_string(bytes.clone()).ok(), String::from_utf8(bytes).ok());
            }
        }
    }
}
