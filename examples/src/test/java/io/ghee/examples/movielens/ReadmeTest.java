package io.ghee.examples.movielens;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows as Java is Java. */
class ReadmeTest {
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void theJobOfTheReadmeCompiles(@TempDir Path classes) throws IOException {
        Matcher block = JAVA.matcher(Files.readString(Path.of("..", "README.md")));
        assertThat(block.find()).isTrue();
        String source = """
                package io.ghee.examples.movielens;
                import static io.ghee.Resources.replicas;
                import static io.ghee.distribution.Distribution.even;
                import io.ghee.*;
                import io.ghee.io.file.*;
                import io.ghee.models.FactorizationMachine;
                class Readme {
                    void job(Features features, long seed, FactorizationMachine.Config config) throws Exception {
                        %s
                    }
                }
                """.formatted(block.group(1));
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Readme.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        List<String> options = List.of("-cp", System.getProperty("java.class.path"), "-d", classes.toString());
        assertThat(compiler.getTask(messages, null, null, options, null, List.of(file))
                        .call())
                .as("%s", messages)
                .isTrue();
    }
}
