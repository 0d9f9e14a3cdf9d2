package io.ghee.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small file of ratings with something to learn in it: users and items like more or less. */
final class SmallRatings {
    private SmallRatings() {}

    static Path write(Path file, int ratings) throws IOException {
        Random random = new Random(1);
        List<String> lines = new ArrayList<>();
        for (int k = 0; k < ratings; k++) {
            int user = random.nextInt(500);
            int item = random.nextInt(300);
            int stars = Math.max(1, Math.min(5, 3 + user % 3 - 1 + item % 3 - 1));
            lines.add(user + "\t" + item + "\t" + stars + "\t" + (800_000_000 + k));
        }
        return Files.write(file, lines);
    }
}
