package io.ghee.io.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.io.file.InputFile.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SplittingTest {
    private static List<PackedSplit> split(List<InputFile> files, long size) {
        return Splitting.of(files, size, InputFile::isCompressed, 1);
    }

    private static InputFile blocks(String path, long bytes, long block) {
        List<Block> blocks = LongStream.iterate(0, at -> at < bytes, at -> at + block)
                .mapToObj(at -> new Block(at, Math.min(bytes, at + block), List.of("host-" + at / block, "other")))
                .toList();
        return new InputFile(path, bytes, blocks);
    }

    private static List<String> described(List<PackedSplit> splits) {
        return splits.stream().map(PackedSplit::describe).toList();
    }

    @Test
    void filesWithoutBlocksAreCutAtMultiples() {
        assertThat(described(split(List.of(new InputFile("a", 25)), 10)))
                .containsExactly("a[0, 10)", "a[10, 20)", "a[20, 25)");
    }

    @Test
    void filesAreCutAtTheEdgesOfBlocks() {
        List<PackedSplit> longBlocks = split(List.of(blocks("a", 250, 100)), 60);
        List<PackedSplit> shortBlocks = split(List.of(blocks("a", 95, 10)), 35);

        assertThat(described(longBlocks))
                .containsExactly("a[0, 50)", "a[50, 100)", "a[100, 150)", "a[150, 200)", "a[200, 250)");
        assertThat(described(shortBlocks)).containsExactly("a[0, 30)", "a[30, 60)", "a[60, 95)");
        assertThat(longBlocks.get(2).hosts()).containsExactly("host-1", "other");
        assertThat(shortBlocks.get(0).hosts()).containsExactly("other", "host-0", "host-1");
    }

    @Test
    void smallFilesAreReadTogether() {
        List<InputFile> files = IntStream.range(0, 100_000)
                .mapToObj(k -> new InputFile("f" + k, 1000))
                .toList();

        List<PackedSplit> splits = split(files, 1 << 20);

        assertThat(splits).hasSizeBetween(90, 110);
        assertThat(splits.get(0).describe()).isEqualTo("f0[0, 1000) and 1047 more");
    }

    @Test
    void compressedFilesAreNotCut() {
        List<InputFile> files =
                List.of(new InputFile("a.gz", 500), new InputFile("b.zst", 10), new InputFile("c.bz2", 10));

        assertThat(described(split(files, 100))).containsExactly("a.gz", "b.zst and 1 more");
    }

    @Test
    void everyByteOfEveryFileIsInOneSplitInOrder() {
        Random random = new Random(11);
        for (int round = 0; round < 500; round++) {
            List<InputFile> files = new ArrayList<>();
            for (int k = 0; k < random.nextInt(12); k++) {
                String path = String.format("f%02d%s", k, random.nextInt(6) == 0 ? ".gz" : "");
                long bytes = random.nextInt(3) * random.nextInt(400);
                files.add(
                        random.nextBoolean()
                                ? new InputFile(path, bytes)
                                : blocks(path, bytes, 1 + random.nextInt(200)));
            }
            List<String> expected = new ArrayList<>();
            for (InputFile file : files) {
                LongStream.range(0, file.bytes()).forEach(at -> expected.add(file.path() + at));
            }
            List<String> covered = new ArrayList<>();
            for (PackedSplit split : split(files, 1 + random.nextInt(300))) {
                for (FileSplit piece : split.pieces()) {
                    long bytes = files.stream()
                            .filter(file -> file.path().equals(piece.path()))
                            .findFirst()
                            .orElseThrow()
                            .bytes();
                    LongStream.range(piece.start(), Math.min(bytes, piece.end()))
                            .forEach(at -> covered.add(piece.path() + at));
                }
            }

            assertThat(covered).as("round %d", round).isEqualTo(expected);
        }
    }
}
