package io.ghee.transfer.wire.declared;

import java.util.List;

/** A plain class in a package that is named in a file. */
public class Declared {
    public List<String> words;
}
