package io.ghee.examples.movielens;

import java.nio.file.Path;
import org.jspecify.annotations.NullMarked;

/** Writes a file of ratings that nobody gave, with something to learn in them, for inputs of any size. */
@NullMarked
public final class MakeRatings {
    private MakeRatings() {}

    /** {@code FILE COUNT SEED USERS ITEMS}; ids are from 1 to USERS and ITEMS. */
    public static void main(String[] args) {
        if (args.length != 5) {
            System.err.println("usage: MakeRatings FILE COUNT SEED USERS ITEMS");
            System.exit(2);
        }
        new SyntheticRatings(Long.parseLong(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]))
                .write(Path.of(args[0]), Integer.parseInt(args[1]));
    }
}
