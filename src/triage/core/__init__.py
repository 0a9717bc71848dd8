"""Pure: standard library only, frozen values, `now` is an argument. No I/O, no SQL, no clock."""
