import Container from "@cloudscape-design/components/container";
import Skeleton from "@cloudscape-design/components/skeleton";
import SpaceBetween from "@cloudscape-design/components/space-between";

/** Stands where a container will be. */
export function CardSkeleton({ lines = 3 }: { lines?: number }) {
  return (
    <Container>
      <SpaceBetween size="s">
        {Array.from({ length: lines }, (_, index) => (
          <Skeleton key={index} />
        ))}
      </SpaceBetween>
    </Container>
  );
}
